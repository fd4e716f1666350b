"""Every write of record keeping. Importing this package registers the actions."""

from kedang.records.actions import archive, destruction, inventory, items, keeping

__all__ = ["archive", "destruction", "inventory", "items", "keeping"]
