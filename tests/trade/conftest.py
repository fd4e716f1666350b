"""The same company as the customers' tests."""

from tests.customers.conftest import company, factory

__all__ = ["company", "factory"]
