"""Django application: 网页."""

from django.apps import AppConfig
from django.forms import Field


class WebConfig(AppConfig):
    """Registers the app under the label ``web``."""

    name = "kedang.web"
    label = "web"
    verbose_name = "网页"

    def ready(self) -> None:
        """Forms of Django and of its libraries say what is missing as all others do."""
        from kedang.kernel.fields import REQUIRED

        Field.default_error_messages["required"] = REQUIRED
