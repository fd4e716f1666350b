"""The same company and house rules as the customers' tests."""

from tests.customers.conftest import company, factory  # noqa: F401
