"""Django application: 档案."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Registers the app under the label ``records``."""

    name = "kedang.records"
    label = "records"
    verbose_name = "档案"

    def ready(self) -> None:
        """Events first: actions and norms name them."""
        from kedang.records import events

        events.register()
        from kedang.customers import fixtures as customers
        from kedang.records import actions, facts  # noqa: F401  (importing registers them)
        from kedang.records.fixtures import keep

        customers.EXTRAS.append(keep)
