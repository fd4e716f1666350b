"""Django application: 制度."""

from django.apps import AppConfig


class NormsConfig(AppConfig):
    """Registers the app under the label ``norms``."""

    name = "kedang.kernel.norms"
    label = "norms"
    verbose_name = "制度"
