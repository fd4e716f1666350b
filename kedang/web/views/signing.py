"""制度告知: reading a regulation and signing it, what is new in it, and who has signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel import clock
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.models import Acknowledgement, PackVersion
from kedang.kernel.norms.owners import governs
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.schema import DutyNorm, ScheduleNorm
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.norms.wording import Enforcer, enforcers_of
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of
from kedang.web.replies import go
from kedang.web.views.drafting import changes_between

WHEN = {
    "event.actor": "由您经办的", "actor": "由您经办的", "file.owner": "由您负责的客户", "owner": "由您负责的客户", "customer.owner": "由您负责的客户",
}  # fmt: skip
SHOWN = {"": "全部", "open": "未签收", "late": "逾期未签", "signed": "已签收"}


@dataclass(frozen=True)
class Obligation:
    """One thing the reader has to do under the regulation."""

    clause: str
    text: str
    due: str
    when: str


def sign(request: HttpRequest, pack: str) -> HttpResponse:
    """The whole text, the reader's own obligations, what is new since he last signed, and the button."""
    version = _version(pack)
    row = Acknowledgement.objects.filter(pack=pack, version=version.number, person=request.user, ended_at=None).first()
    form = Form.of(request, [])
    if request.method == "POST" and attempt(request, form, "pack.acknowledge", pack=pack, version=version.number):
        return go(request, reverse("inbox"), f"已签收《{version.title}》第 {version.number} 版。")
    before = _signed_before(request.user, version)
    context = {
        "version": version, "pack": version.regulation.pack, "row": row, "form": form, "before": before,
        "own": list(obligations(request.user, version)), "parts": _news(before, version) if before else [],
        "clauses": version.regulation.pack.clauses.items(),
    }  # fmt: skip
    return render(request, "rules/sign.html", context, status=422 if form.errors or form.outcome else 200)


def _version(pack: str) -> Version:
    version = regulations().version(pack)
    if version is None or not version.acts_on(clock.today()):
        raise NotFound("没有这项现行的制度。")
    return version


def _signed_before(person: Person, version: Version) -> Acknowledgement | None:
    rows = Acknowledgement.objects.filter(person=person, pack=version.pack, version__lt=version.number)
    return rows.exclude(signed_at=None).order_by("-version").first()


def _news(before: Acknowledgement, version: Version) -> list[Any]:
    """The differences from the version that the reader signed last."""
    old = PackVersion.objects.filter(pack=before.pack, version=before.version).first()
    return changes_between(load_text(old.sources).pack, version.regulation.pack) if old else []


def obligations(person: Person, version: Version) -> Iterator[Obligation]:
    """The duties that the person bears by a role he holds, or bears whenever he acts or owns a file."""
    roles = {
        role.partition(".")[2]: "" for role in roles_of(person.pk, regulations()) if role.startswith(f"{version.pack}.")
    }
    for compiled in version.regulation.norms:
        norm = compiled.norm
        if not isinstance(norm, (DutyNorm, ScheduleNorm)):
            continue
        bearer, each = str(norm.bearer), str(getattr(norm, "for_each", "") or "")
        mine = next((role for role in roles if role == bearer or each == f"holder of {role}"), None)
        when = WHEN.get(bearer)
        if mine is None and when is None:
            continue
        said: list[Enforcer] = enforcers_of(version, [f"norm {norm.id}"])
        name = version.regulation.pack.roles[mine].name if mine else ""
        yield Obligation(
            numbers(norm.clause)[0], said[0].text.strip("“”") if said else norm.id, said[0].detail if said else "",
            f"作为{name}" if mine else when or "",
        )  # fmt: skip


@require_GET
def register(request: HttpRequest, pack: str) -> HttpResponse:
    """告知登记: who signed when and who has not; to whoever looks after the regulation all, to others those below them."""
    version = _version(pack)
    rows = Acknowledgement.objects.filter(pack=pack, version=version.number, ended_at=None).select_related("person")
    everybody = governs(request.user, version)
    if not everybody:
        rows = rows.filter(person__in={request.user.pk, *org.subordinates(request.user)})
    counts = {
        "": rows.count(), "open": rows.filter(signed_at=None).count(), "signed": rows.exclude(signed_at=None).count(),
        "late": rows.filter(signed_at=None, due_at__lt=clock.now()).count(),
    }  # fmt: skip
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    narrowed = {
        "": rows, "open": rows.filter(signed_at=None), "signed": rows.exclude(signed_at=None),
        "late": rows.filter(signed_at=None, due_at__lt=clock.now()),
    }[show]  # fmt: skip
    page = page_of(narrowed.order_by("signed_at", "person__sort_key", "pk"), request.GET.get("page"))
    held = org.held_by_many(row.person_id for row in page.rows)
    context = {
        "version": version, "page": page, "everybody": everybody, "show": show, "now": clock.now(),
        "filters": [(key, label, counts[key]) for key, label in SHOWN.items()], "waiting": counts["open"],
        "jobs": {person: "；".join(f"{one.unit_name} {one.post_name}" for one in jobs) for person, jobs in held.items()},
        "asked": Acknowledgement.objects.filter(pack=pack, version=version.number).exists(),
    }  # fmt: skip
    return render(request, "rules/signatures.html", context)


@require_POST
def urge(request: HttpRequest, pack: str) -> HttpResponse:
    """催签: a reminder to everybody who has not signed."""
    from kedang.kernel.actions import perform

    done = perform("pack.urge", by=request.user, pack=pack)
    return go(request, reverse("rules_signatures", args=[pack]), f"已提醒 {done.value} 人签收。")
