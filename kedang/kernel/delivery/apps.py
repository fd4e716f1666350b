"""Django application: 通知发送."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers the app under the label ``delivery`` and its round in the worker."""

    name = "kedang.kernel.delivery"
    label = "delivery"
    verbose_name = "通知发送"

    def ready(self) -> None:
        """Have the worker plan and send every three seconds: at most twenty posts a minute to any robot."""
        from kedang.kernel.delivery import sending
        from kedang.kernel.jobs import companions

        companions.register("delivery", sending.EVERY, sending.round_of)
