"""Django application: 往来."""

from django.apps import AppConfig


class EngagementConfig(AppConfig):
    """Registers the app under the label ``engagement``."""

    name = "kedang.engagement"
    label = "engagement"
    verbose_name = "往来"
