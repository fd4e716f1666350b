"""Django application: 网页."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Registers the app under the label ``web``."""

    name = "kedang.web"
    label = "web"
    verbose_name = "网页"
