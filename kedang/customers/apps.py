"""Django application: 客户档案."""

from importlib import import_module

from django.apps import AppConfig

WORDS = (
    "actions", "bindings", "erasing", "facts", "holdings", "undoing", "claims.actions", "claims.facts",
    "importing.actions", "importing.loading", "importing.undoing",
)  # fmt: skip
"""Modules that register actions, facts and the like when they are imported."""


class CustomersConfig(AppConfig):
    """Registers the app under the label ``customers`` and its words with the kernel."""

    name = "kedang.customers"
    label = "customers"
    verbose_name = "客户档案"

    def ready(self) -> None:
        """Events first: actions and norms name them."""
        from kedang.customers import directory, events
        from kedang.customers.importing import events as import_events

        events.register()
        import_events.register()
        directory.register()
        for words in WORDS:
            import_module(f"kedang.customers.{words}")
        from kedang.customers.claims.models import Conflict
        from kedang.customers.fixtures import find_customer, make_customer
        from kedang.customers.importing.spooling import sweep
        from kedang.kernel import nightly
        from kedang.kernel.scenarios import stage

        nightly.register("imports", sweep)
        stage.register_customers(make_customer, find_customer)
        stage.number_rows("conflict", Conflict)
