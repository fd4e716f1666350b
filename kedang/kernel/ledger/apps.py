"""Django application: 台账."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Registers the app under the label ``ledger``."""

    name = "kedang.kernel.ledger"
    label = "ledger"
    verbose_name = "台账"
