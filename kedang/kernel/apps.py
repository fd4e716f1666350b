"""The kernel's own app: keys, notices, parked rows; registers the kernel's words."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "kedang.kernel"
    label = "kernel"
    verbose_name = "内核"

    def ready(self) -> None:
        """Register the kernel's event kinds, actions and facts."""
        from kedang.kernel import among, filebound
        from kedang.kernel.actions import (  # noqa: F401
            admin,
            content,
            correcting,
            deeds,
            deputizing,
            erasing,
            events,
            exporting,
            facts,
            flows,
            formfixes,
            forms,
            handingover,
            handling,
            identities,
            jobs,
            lateness,
            leaving,
            library,
            packs,
            passing,
            permits,
            reaching,
            releasing,
            staffing,
            voting,
        )
        from kedang.kernel.backups import asking, erasures  # noqa: F401
        from kedang.kernel.backups import events as backups
        from kedang.kernel.blobs import service as blobs

        events.register()
        backups.register()
        among.register()
        filebound.follow(erasures.after_destruction)
        blobs.follow(erasures.forget_contents)
