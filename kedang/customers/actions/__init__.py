"""Every write to a customer file. Importing this package registers the actions."""

from kedang.customers.actions import bulk, changing, contacts, exporting, owners, registering, searching, starring

__all__ = ["bulk", "changing", "contacts", "exporting", "owners", "registering", "searching", "starring"]
