"""Django application: 客户档案."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Registers the app under the label ``customers``."""

    name = "kedang.customers"
    label = "customers"
    verbose_name = "客户档案"
