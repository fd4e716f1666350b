"""The kernel's own app: keys, notices, parked rows; registers the kernel's words."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "kedang.kernel"
    label = "kernel"
    verbose_name = "内核"

    def ready(self) -> None:
        """Register the kernel's event kinds, actions and facts."""
        from kedang.kernel.actions import admin, deeds, events, facts, flows, forms, handling, jobs, packs, staffing  # noqa: F401

        events.register()
