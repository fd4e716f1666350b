"""Which actions the API offers: those that packs may speak of as commands, and those with a form of their own on the pages.

Left out is what is only half a deed without its page: exports (the sheet follows on the page), imports (a table is laid out
column by column), links that set passwords, packs from a folder on the server, and readings, which are GET requests.
"""

from __future__ import annotations

from kedang.kernel.norms.vocabulary import Action, vocabulary

WITH_PAGES = (
    "approval.move", "calendar.confirm_year", "calendar.set_day", "customer.star", "file.ask", "flow.move", "form.ask", "form.disclose",
    "form.file", "org.add_person", "org.add_post", "org.add_unit", "org.appoint", "org.close_unit", "org.edit_person",
    "org.end_appointment", "org.leave", "org.move_unit", "org.rename_unit", "org.restore", "org.set_primary", "org.suspend",
    "pack.acknowledge", "pack.urge",
)  # fmt: skip
LEFT_OUT = ("customer.export", "list.export", "customer.import", "import.undo", "job.fetch")


def actions() -> dict[str, Action]:
    """The offered actions by name."""
    return {name: spec for name, spec in sorted(vocabulary.actions.items()) if _offered(spec)}


def _offered(spec: Action) -> bool:
    if spec.reads or spec.name in LEFT_OUT:
        return False
    return spec.public or spec.name in WITH_PAGES
