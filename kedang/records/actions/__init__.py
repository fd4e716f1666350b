"""Every write of record keeping. Importing this package registers the actions."""

from kedang.records.actions import inventory, keeping

__all__ = ["inventory", "keeping"]
