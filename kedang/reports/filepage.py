"""The customer page put together from the modules that each know a part of it; every value passes the reader's rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedang.customers import selectors as customers
from kedang.customers.masking import shown
from kedang.engagement import selectors as engagement
from kedang.kernel import fields, files
from kedang.kernel.actions import access, forms
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.blobs.models import Blob
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import Duty, DutyState, FormRecord
from kedang.kernel.norms.store import Regulations, Version, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.records import completeness
from kedang.records import selectors as records
from kedang.reports.buttons import buttons_for
from kedang.trade import selectors as trade


def opens(person: Person, file: int) -> bool:
    """Whether the file's content may be shown to this person now."""
    return dry_run("file.open", by=person, customer=file).verdict == "allow"


def file_page(person: Person, *, customer: int) -> dict[str, Any]:
    """The page as one mapping: the head for who may know of the file, all of it for who may open it."""
    who = access.standing(person.pk)
    head = customers.customer_head(person, customer, who=who)
    page: dict[str, Any] = {
        "head": head,
        "fields": {"name": head.name, "number": head.number, "owner": head.owner, "unit": head.unit},
        "masked": set(),
        "stages": [f"{flow}：{stage}" for flow, stage in _stages(customer)],
        "buttons": {each.name: each.state for each in buttons_for(person, customer)},
    }
    if opens(person, customer):
        view = files.view(customer)
        page |= _content(person, customer, head.rights) if view and access.whole_file(who, view) else {}
        page["fields"] |= _fields(person, customer, page["masked"])
    return page


def _stages(file: int) -> list[tuple[str, str]]:
    """Where the file stands in every flow over it; the first stage where it has not moved."""
    view = files.view(file)
    if view is None:
        return []
    found = []
    for _, qid, flow in regulations().flows_for(view):
        now = forms.flows.stage_now(file, qid, flow)
        found.append((flow.name or qid, next(stage.name for stage in flow.stages if stage.id == now)))
    return found


def _fields(person: Person, file: int, masked: set[str]) -> dict[str, str | None]:
    """Every attribute by id; None when hidden or empty. Masked ones are noted in `masked`."""
    opened = customers.customer_page(person, file)
    found: dict[str, str | None] = {}
    for line in opened.fields:
        found[line.id] = line.value or None
        if line.right == "mask" and line.value:
            masked.add(line.id)
    first = next((one for one in opened.contacts if one.primary and not one.left), None)
    if first is not None:
        found["contact_name"] = first.name
        if first.right == "mask":
            masked.add("contact_name")
    found |= {f"tag:{name}": value for name, value in opened.head.tags}
    keeper = records.keeping_of(file)["custodian"]
    company = org.root_unit()
    found |= {
        "custodian": keeper.name if keeper else None,
        "registered_by": opened.head.registered_by,
        "proprietor": company.name if company else None,
    }
    return found


def _content(person: Person, file: int, rights: Mapping[str, str]) -> dict[str, Any]:
    view = files.view(file)
    assert view is not None
    deal = rights.get("deal") == "show"
    return {
        **completeness_of(view),
        "timeline": customers.timeline_page(file, rights),
        "changes": customers.change_history(file, rights),
        "openings": customers.access_log(file),
        "records": filed_forms(file, rights),
        "duties": open_duties(file),
        "visits": engagement.visit_plans(file) if deal else [],
        "expenses": trade.file_expenses(file) if deal else [],
        "contracts": trade.file_contracts(file) if deal else [],
    }


def open_duties(file: int) -> list[Duty]:
    """The duty strip: what is open about the file, soonest first; one query."""
    rows = Duty.objects.filter(file=file, state=DutyState.OPEN).select_related("bearer", "unit")
    return list(rows.order_by("due_at", "id")[:50])


# ---- completeness ------------------------------------------------------------------------------------------------


def completeness_of(view: files.FileView, regs: Regulations | None = None) -> dict[str, Any]:
    """'5/7', '71%' and the labels of what is missing, as records measures the file."""
    found = completeness.of(view.id, regs)
    if not found.total:
        return {"completeness": "", "percent": "", "missing": []}
    return {"completeness": f"{found.done}/{found.total}", "percent": f"{found.percent}%", "missing": found.missing}


# ---- forms filed about the file ------------------------------------------------------------------------------------


def filed_forms(file: int, rights: Mapping[str, str], limit: int = 200) -> dict[str, list[dict[str, Any]]]:
    """{form id: [records, newest first]} with labelled values as the reader may see them; two queries and the names."""
    rows = FormRecord.objects.filter(file=file).select_related("filed_by").order_by("-filed_at", "-id")[:limit]
    found: dict[str, list[dict[str, Any]]] = {}
    uploads = dict(Blob.objects.filter(file=file).values_list("pk", "name"))
    for row in rows:
        found.setdefault(row.form.partition(".")[2], []).append(_record(row, rights, uploads))
    return found


def _record(row: FormRecord, rights: Mapping[str, str], uploads: Mapping[int, str]) -> dict[str, Any]:
    version = regulations().version(row.pack, row.version)
    lines = _lines(row, version, rights, uploads) if version else []
    return {
        "id": row.pk,
        "name": row.name,
        "number": row.number,
        "filed_at": row.filed_at,
        "filed_by": row.filed_by.name,
        "lines": lines,
    }


def _lines(
    row: FormRecord, version: Version, rights: Mapping[str, str], uploads: Mapping[int, str]
) -> list[tuple[str, str]]:
    form = version.regulation.pack.forms.get(row.form.partition(".")[2])
    known = forms.fields_of(version, form) if form else []
    return [(spec.name, text) for spec in known if (text := _value(spec, row.data.get(spec.id), rights, uploads))]


def _value(spec: Field, stored: Any, rights: Mapping[str, str], uploads: Mapping[int, str]) -> str:
    right = rights.get(group_of(spec), "show")
    named = (lambda kind, pk: uploads.get(pk)) if spec.type == "file" else names_of
    text = fields.display(spec, fields.from_json(spec, stored), names=named)
    return shown(text, right, spec.type)


def group_of(spec: Field) -> str:
    """A personal field without a group counts as contact data."""
    return spec.group or ("contact" if spec.personal else "base")


def names_of(kind: str, pk: int) -> str | None:
    """What a reference in a form is called."""
    if kind == "person":
        return org.names_of([pk]).get(pk)
    if kind == "unit":
        return org.unit_names_of([pk]).get(pk)
    view = files.view(pk) if kind == "customer" else None
    return view.name if view else None
