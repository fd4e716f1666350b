"""Django application: 后台任务."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Registers the app under the label ``jobs``."""

    name = "kedang.kernel.jobs"
    label = "jobs"
    verbose_name = "后台任务"
