"""Django application: 档案."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Registers the app under the label ``records``."""

    name = "kedang.records"
    label = "records"
    verbose_name = "档案"
