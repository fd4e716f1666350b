"""Django application: 报表."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers the app under the label ``reports``."""

    name = "kedang.reports"
    label = "reports"
    verbose_name = "报表"
