"""Django application: 交易."""

from django.apps import AppConfig


class TradeConfig(AppConfig):
    """Registers the app under the label ``trade``."""

    name = "kedang.trade"
    label = "trade"
    verbose_name = "交易"
