"""Every write to a customer file. Importing this package registers the actions."""

from kedang.customers.actions import changing, contacts, exporting, owners, registering, searching

__all__ = ["changing", "contacts", "exporting", "owners", "registering", "searching"]
