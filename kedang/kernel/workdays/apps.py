"""Django application: 工作日历."""

from django.apps import AppConfig


class WorkdaysConfig(AppConfig):
    """Registers the app under the label ``workdays``."""

    name = "kedang.kernel.workdays"
    label = "workdays"
    verbose_name = "工作日历"
