"""Django application: 往来."""

from django.apps import AppConfig


class EngagementConfig(AppConfig):
    """Registers the app under the label ``engagement``."""

    name = "kedang.engagement"
    label = "engagement"
    verbose_name = "往来"

    def ready(self) -> None:
        """Events first: actions and norms name them."""
        from kedang.engagement import events

        events.register()
        from kedang.engagement import actions, bindings, erasing, facts, holdings, undoing  # noqa: F401  (importing registers them)
        from kedang.engagement.desk import words  # noqa: F401
