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
        from kedang.kernel import blobs, files, nightly
        from kedang.kernel.scenarios import stage
        from kedang.records import actions, erasing, facts, holdings, summary  # noqa: F401  (importing registers them)
        from kedang.records.fixtures import keep
        from kedang.records.models import Item

        files.follow(summary.follow)
        nightly.register("completeness", summary.look_over)
        nightly.register("blobs", lambda: blobs.sweep())

        customers.EXTRAS.append(keep)
        stage.number_rows("item", Item)
