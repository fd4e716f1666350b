"""客户档案: the head, what is due, the tabs, and buttons that know their clause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.customers import selectors
from kedang.engagement import selectors as engagement
from kedang.kernel import files
from kedang.kernel.actions import access, dry_run, flows, formfixes, perform_read
from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.errors import NotFound
from kedang.kernel.fields import Field
from kedang.kernel.models import Chip
from kedang.kernel.norms import explain
from kedang.kernel.norms.models import Duty, FormRecord
from kedang.kernel.norms.store import Version, fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.records import selectors as records
from kedang.records import states
from kedang.reports import export, filepage
from kedang.trade import selectors as trade
from kedang.web import tasks
from kedang.web.buttons import Button, as_button
from kedang.web.forms.bound import Form
from kedang.web.forms.deeds import behalf_fields
from kedang.web.outcomes import of_decision
from kedang.web.replies import is_fragment
from kedang.web.views import items, opened

TABS = {
    "timeline": "动态", "data": "档案资料", "contacts": "联系人", "forms": "表单", "items": "档案件", "deals": "合同与费用", "keeping": "保管",
    "changes": "变更记录", "owners": "负责人记录", "log": "查阅记录",
}  # fmt: skip
GROUPS: list[tuple[str, tuple[str, ...]]] = [
    ("客户", ("customer.report_change", "customer.classify", "customer.add_contact", "customer.add_collaborator", "customer.take", "customer.transfer", "customer.release", "access.grant")),
    ("跟进与业务", ("visit.plan", "visit.record", "expense.submit", "contract.register", "contract.terminate")),
    ("档案保管", ("record.assign_custodian", "record.change_custodian", "record.archive", "record.hand_over", "record.receive", "record.send", "customer.export")),
    ("档案件与借阅", ("record.attach", "record.borrow", "record.register_loan", "record.return_loan", "record.reclassify", "record.destroy", "record.close_destruction")),
]  # fmt: skip
COMPOSER = ("kind", "content", "with_person", "next_at", "occurred_at")


@dataclass(frozen=True)
class Task:
    """An open duty of the file with its main action."""

    duty: Duty
    way: tasks.Way
    title: str
    mine: bool
    natural: bool = False
    """Whether lateness is told in days."""

    @property
    def elsewhere(self) -> bool:
        """Whether the main action is not simply this page."""
        return self.way.url != reverse("customer", args=[self.duty.file])


def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The file; without the right to open it, its head and how to ask for it."""
    who = access.standing(request.user.pk)
    decision = perform_read("file.open", by=request.user, customer=pk)
    if decision.verdict != "allow":
        head = selectors.customer_head(request.user, pk, who=who)
        context = {"head": head, **opened.closed(request, pk, head.rights)}
        return render(request, _template(request, "customers/closed.html"), context)
    tab = request.GET.get("tab", "timeline")
    view = files.view(pk)
    assert view is not None
    known = opened.tabs(who, view, TABS)
    tab = tab if tab in known else next(iter(known))
    tabs = [(key, label, key == tab) for key, label in known.items()]
    if is_fragment(request) and request.htmx.target == "tab":
        file = selectors.customer_page(request.user, pk, who=who) if tab in ("data", "contacts") else None
        head = file.head if file else selectors.customer_head(request.user, pk, who=who)
        refused = _refused(request, head, who) if tab == "timeline" else {}
        context = {"head": head, "file": file, "tab": tab, "tabs": tabs, **refused, **_tab(request, pk, tab, head)}
        return render(request, "customers/file.html#tab", context)
    file = selectors.customer_page(request.user, pk, who=who)
    context = {
        "head": file.head, "file": file, "tab": tab, "tabs": tabs, "forms": _forms(view), "call": _call(file),
        **_refused(request, file.head, who),
        **duties_of(request, pk), **_tab(request, pk, tab, file.head), "permit": opened.permit(who, view),
    }  # fmt: skip
    return render(request, _template(request, "customers/file.html"), context)


def _call(file: Any) -> tuple[str, str] | None:
    """(name, number) of whom to call: the first contact with a number, or the customer's own."""
    for one in file.contacts:
        if one.phone and one.right == "show" and not one.left:
            return one.name, one.phone
    return next(
        (("", row.value) for row in file.fields if row.id == "phone" and row.value and row.right == "show"), None
    )


def _refused(request: HttpRequest, head: Any, who: access.Standing) -> dict[str, Button]:
    """The first buttons of the head, for a reader who is not the owner: what he is refused he learns before he types."""
    if head.mine:
        return {}
    facts = fact_store()
    known = {"edit": ("customer.update", "改资料"), "write": ("contact.record", "写跟进")}
    made = {
        key: replace(_button(request, head.id, action, facts, who), label=label)
        for key, (action, label) in known.items()
    }
    return {key: button for key, button in made.items() if button.off}


def rail(request: HttpRequest, pk: int) -> HttpResponse:
    """Completeness, flows with their steps, and the regulations that act: fetched after the page."""
    if perform_read("file.open", by=request.user, customer=pk).verdict != "allow":
        raise NotFound
    view = files.view(pk)
    context = {
        "moves": _moves(request, view, access.standing(request.user.pk)), "complete": _completeness(view), "acting": list(_covering(view)),
    }  # fmt: skip
    return render(request, "customers/rail.html", context)


def acts(request: HttpRequest, pk: int) -> HttpResponse:
    """The menu of all deeds about the file, fetched when it is opened: twenty dry runs that most readings do without."""
    selectors.file_for(request.user, pk)
    return render(request, "customers/acts.html", {"groups": _groups(request, pk, access.standing(request.user.pk))})


def _template(request: HttpRequest, name: str) -> str:
    return f"{name}#body" if is_fragment(request) else name


def duties_of(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What is due about the file, what waits for approval, and warnings."""
    regs = regulations()
    duties = filepage.open_duties(pk)[:12]
    found = [
        Task(one, tasks.way_of(one, regs), _title(regs, one.pack), one.bearer_id == request.user.pk, tasks.in_days(one))
        for one in duties
    ]
    return {
        "tasks": found,
        "requests": list(approvals.open_for_file(pk)[:5]),
        "chips": list(Chip.objects.filter(file=pk)[:5]),
    }


def _title(regs: Any, pack: str) -> str:
    version = regs.version(pack)
    return version.title if version else pack


def _tab(request: HttpRequest, pk: int, tab: str, head: Any) -> dict[str, Any]:
    """The rows of one tab, and of no other."""
    if tab == "timeline":
        only = request.GET.get("only", "")
        before = request.GET.get("before", "")
        entries = selectors.timeline_page(
            pk, head.rights, only=only, before_id=int(before) if before.isdecimal() else None
        )
        return {
            "entries": entries,
            "fixable": _fixable(request, entries),
            "only": only,
            "filters": _timeline_filters(),
            "compose": Form(composer_fields(request.user)),
            "plans": engagement.visit_plans(pk)[:5],
        }
    if tab == "forms":
        return {
            **_filed(pk),
        }
    if tab == "deals":
        return {"contracts": trade.file_contracts(pk), "expenses": trade.file_expenses(pk)}
    if tab == "items":
        return items.tab(request, pk)
    if tab == "keeping":
        return _kept(request, pk)
    if tab == "changes":
        return {"changes": selectors.change_history(pk, head.rights)}
    if tab == "owners":
        return {"owners": selectors.owner_history(pk)}
    if tab == "log":
        return opened.log(request, pk)
    return {}


def _kept(request: HttpRequest, pk: int) -> dict[str, Any]:
    """保管, and of the next steps those that the reader may take."""
    keeping, kept, missing = records.keeping_of(pk), records.archive_of(pk), records.missing_at(pk)
    waiting = any(one.received_at is None for one in keeping["handovers"])
    doomed = kept["destruction"]
    steps = [
        ("inventory.find", missing),
        ("record.receive", waiting),
        ("record.assign_custodian", not keeping["custodian"] and keeping["handovers"]),
        ("record.archive", keeping["custodian"] and not keeping["archive"] and not waiting),
        ("record.destroy", kept["state"] == states.EXPIRED and not doomed),
        ("record.close_destruction", doomed),
    ]
    who, facts = access.standing(request.user.pk), fact_store()
    made = [_button(request, pk, action, facts, who) for action, due in steps if due]
    return {"keeping": keeping, "kept": kept, "missing": missing, "steps": [one for one in made if not one.off]}


def _filed(pk: int) -> dict[str, Any]:
    rows = list(FormRecord.objects.filter(file=pk).select_related("filed_by").order_by("-filed_at")[:100])
    return {"filed": rows, "corrected": set(formfixes.fixes_of(row.pk for row in rows))}


def _fixable(request: HttpRequest, entries: list[Any]) -> set[int]:
    """The entries that the reader may correct: his own, those he typed, those of people below him."""
    mine = {request.user.pk, *org.subordinates(request.user)}
    return {one.id for one in entries if one.correctable and (one.owner in mine or one.typist == request.user.pk)}


def _timeline_filters() -> list[tuple[str, str]]:
    from kedang.customers.selectors.timeline import FILTERS

    return [("", "全部"), *((key, label) for key, (label, _) in FILTERS.items())]


def composer_fields(person: Person) -> list[Field]:
    """What 写跟进 asks; for whom it is typed, where the reader may type for somebody (代录)."""
    spec = vocabulary.actions["contact.record"]
    return [*(one for one in spec.args if one.id in COMPOSER), *behalf_fields(spec, person)]


# ---- buttons ---------------------------------------------------------------------------------------------------------


def _groups(request: HttpRequest, pk: int, who: access.Standing) -> list[tuple[str, list[Button]]]:
    """Every deed about a file, each decided by a dry run of the very rule that will decide the deed."""
    facts = fact_store()
    made = []
    view = files.view(pk)
    idle = "customer.take" if view and view.owner else "customer.release"
    for name, actions in GROUPS:
        known = [action for action in actions if action in vocabulary.actions and action != idle]
        buttons = [_button(request, pk, action, facts, who) for action in known]
        made.append((name, buttons))
    return made


def _button(request: HttpRequest, pk: int, action: str, facts: Any, who: access.Standing) -> Button:
    if action == "customer.export":
        return export_button(request, who, reverse("customer_export_file", args=[pk]), customer=pk, facts=facts)
    decision = dry_run(action, by=request.user, facts=facts, who=who, customer=pk)
    return as_button(request, action, reverse("deed", args=[pk, action]), decision)


def export_button(request: HttpRequest, who: access.Standing, url: str, **about: Any) -> Button:
    """导出, of one file or of the list: the decision that the download itself will meet."""
    return as_button(request, "customer.export", url, export.verdict(request.user, who=who, **about))


@dataclass(frozen=True)
class Track:
    """One flow of the file: its stages, where it stands, and the steps that may be taken by hand."""

    name: str
    pack: str
    title: str
    clause: str
    stages: list[tuple[str, bool, bool]]
    buttons: list[Button]


def _moves(request: HttpRequest, view: files.FileView, who: access.Standing) -> list[Track]:
    facts = fact_store()
    return [_track(request, view, who, facts, *found) for found in regulations().flows_for(view)]


def _track(
    request: HttpRequest, view: files.FileView, who: Any, facts: Any, version: Version, qid: str, flow: Any
) -> Track:
    now = flows.stage_now(view.id, qid, flow)
    ids = [stage.id for stage in flow.stages]
    here = ids.index(now) if now in ids else 0
    buttons = []
    for index in (here + 1, here - 1):
        if not 0 <= index < len(ids):
            continue
        stage = flow.stages[index]
        decision = dry_run("flow.move", by=request.user, facts=facts, who=who, customer=view.id, flow=qid, to=stage.id)
        url = f"{reverse('deed', args=[view.id, 'flow.move'])}?flow={qid}&to={stage.id}"
        label = f"{'转为' if index > here else '退回'}“{stage.name}”"
        outcome = of_decision(decision, request.user) if decision.verdict == "refuse" else None
        key = f"{qid}-{stage.id}".replace(".", "-")
        buttons.append(Button(label, url, decision.verdict, explain.short(decision), outcome, key))
    stages = [(stage.name, index < here, index == here) for index, stage in enumerate(flow.stages)]
    return Track(
        flow.name or qid, version.pack, version.title, kernel_forms.engine.first_clause(flow.clause), stages, buttons
    )


def _covering(view: files.FileView | None) -> Iterable[Version]:
    return (version for version in regulations().in_force() if view is not None and version.covers(view, ()))


def _forms(view: files.FileView | None) -> list[tuple[str, str, str]]:
    """(name, address, clause) of every form that the regulations over this file know."""
    return [
        (form.name, f"{reverse('form_file', args=[f'{version.pack}.{form_id}'])}?customer={view.id}", kernel_forms.engine.first_clause(form.clause))
        for version in _covering(view)
        for form_id, form in version.regulation.pack.forms.items()
        if form.about == "customer"
    ]  # fmt: skip


def _completeness(view: files.FileView | None) -> list[dict[str, Any]]:
    """How much of the form that measures the file is there, and where to add the rest."""
    found = filepage.completeness_of(view) if view else {"percent": ""}
    if not found["percent"]:
        return []
    urls = [url for version in _covering(view) for form_id, form in version.regulation.pack.forms.items() if form.complete
            for url in [f"{reverse('form_file', args=[f'{version.pack}.{form_id}'])}?customer={view.id}"]]  # fmt: skip
    return [{**found, "percent": int(found["percent"].rstrip("%")), "url": urls[0] if urls else ""}]
