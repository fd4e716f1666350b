"""Django application: 审批."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Registers the app under the label ``approvals``."""

    name = "kedang.kernel.approvals"
    label = "approvals"
    verbose_name = "审批"
