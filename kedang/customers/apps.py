"""Django application: 客户档案."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Registers the app under the label ``customers`` and its words with the kernel."""

    name = "kedang.customers"
    label = "customers"
    verbose_name = "客户档案"

    def ready(self) -> None:
        """Events first: actions and norms name them."""
        from kedang.customers import directory, events

        events.register()
        directory.register()
        from kedang.customers import actions, bindings, erasing, facts, holdings, undoing  # noqa: F401  (importing registers them)
        from kedang.customers.claims import words  # noqa: F401
        from kedang.customers.claims.models import Conflict
        from kedang.customers.fixtures import find_customer, make_customer
        from kedang.customers.importing import words as importing  # noqa: F401
        from kedang.kernel.scenarios import stage

        stage.register_customers(make_customer, find_customer)
        stage.number_rows("conflict", Conflict)
