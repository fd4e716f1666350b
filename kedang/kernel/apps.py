"""Django application: 内核."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Registers the app under the label ``kernel``."""

    name = "kedang.kernel"
    label = "kernel"
    verbose_name = "内核"
