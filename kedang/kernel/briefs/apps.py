"""Django application: 冻结的报告."""

from django.apps import AppConfig


class BriefsConfig(AppConfig):
    """Registers the app under the label ``briefs``."""

    name = "kedang.kernel.briefs"
    label = "briefs"
    verbose_name = "冻结的报告"

    def ready(self) -> None:
        """Register the deed that freezes."""
        from kedang.kernel.briefs import actions  # noqa: F401
