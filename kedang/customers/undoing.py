"""How entries about the file itself are undone when they are corrected."""

from __future__ import annotations

from kedang.customers.models import Collaborator
from kedang.kernel import files
from kedang.kernel.actions import flows
from kedang.kernel.actions.correcting import Undone, undoes
from kedang.kernel.actions.deed import Deed
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import FileTerm


@undoes("customer.classified")
def take_back_class(entry: Event, deed: Deed) -> Undone:
    """Back to the class before, unless somebody has changed it since."""
    name, new, old = entry.data.get("name"), entry.data.get("new"), entry.data.get("old")
    term = str(entry.data.get("term", ""))
    row = FileTerm.objects.filter(file=entry.file, term__in=(term, f"{entry.pack}.{term}")).first()
    if row is None or row.value != new:
        return Undone([], [f"{name}后来又改过，保留现在的分类"])
    if old is None:
        row.delete()
        files.changed([entry.file])
        return Undone([f"{name}恢复为未分类"], [])
    flows.set_term(int(entry.file or 0), row.term, str(old), deed)
    return Undone([f"{name}恢复为{entry.data.get('old_label') or old}"], [])


@undoes("customer.collaborator_added")
def take_back_helper(entry: Event, deed: Deed) -> Undone:
    """The helper is none any more."""
    lines = Collaborator.objects.filter(customer=entry.file, person=entry.data.get("person"), until=None)
    gone = lines.update(until=deed.now)
    files.changed([entry.file])
    who = entry.data.get("person_name")
    left = [f"{who}此前看过的内容无法收回"] if gone else []
    return Undone([f"撤销协作人{who}"] if gone else [], left)


@undoes("customer.change_reported")
def take_back_report(entry: Event, deed: Deed) -> Undone:
    """A report is nothing but its entry and the duties that it opened."""
    return Undone([], [])
