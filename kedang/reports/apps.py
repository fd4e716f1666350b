"""Django application: 报表."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers the app under the label ``reports``."""

    name = "kedang.reports"
    label = "reports"
    verbose_name = "报表"

    def ready(self) -> None:
        """Register the named pages and the product's own behaviours."""
        from kedang.reports import exporting  # noqa: F401  (importing it registers its job)
        from kedang.reports.builtins import register_builtins
        from kedang.reports.figures import register_figures
        from kedang.reports.home.freezing import register_freezing
        from kedang.reports.home.listings import register_listings
        from kedang.reports.lists import register_lists
        from kedang.reports.pages import register_pages

        register_builtins()
        register_figures()
        register_freezing()
        register_lists()
        register_listings()
        register_pages()
