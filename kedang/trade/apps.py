"""Django application: 交易."""

from django.apps import AppConfig


class TradeConfig(AppConfig):
    """Registers the app under the label ``trade``."""

    name = "kedang.trade"
    label = "trade"
    verbose_name = "交易"

    def ready(self) -> None:
        """Events first: actions and norms name them."""
        from kedang.trade import events

        events.register()
        from kedang.trade import actions, erasing, facts, undoing  # noqa: F401  (importing registers them)
