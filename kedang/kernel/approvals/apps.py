"""Registers the approvals app and its event kinds."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """The kernel's approvals: requests, steps, ballots, watchers."""

    name = "kedang.kernel.approvals"
    label = "approvals"
    verbose_name = "审批"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the approval.* event kinds known to the ledger."""
        from kedang.kernel.approvals import events

        events.register()
