"""Django application: 接口."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers the app under the label ``api``."""

    name = "kedang.api"
    label = "api"
    verbose_name = "接口"
