"""Django application: 接口."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers the app under the label ``api``."""

    name = "kedang.api"
    label = "api"
    verbose_name = "接口"

    def ready(self) -> None:
        """Events first: actions name them. Then what sends events to subscribers."""
        from kedang.api import events

        events.register()
        from kedang.api import actions, hooks  # noqa: F401  (importing registers them)
