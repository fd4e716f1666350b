"""制度: each regulation in force, clause by clause in its own order, with what enforces it and how it is kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kedang.kernel import register
from kedang.kernel.norms.owners import governs, owner_name, posts_of
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.web.paging import FAR, Page


def index(request: HttpRequest) -> HttpResponse:
    """The regulations in force; those of the person's own department first."""
    units = org.units_of(request.user)
    versions = regulations().in_force()
    kept = register.keeping(versions, request.user, register.Month.of(None))
    named = org.unit_names_of(unit for version in versions for unit in version.units or ())
    rows = [_summary(version, version.covers(None, units), kept[version.pack], named) for version in versions]
    return render(request, "rules/list.html", {"rows": sorted(rows, key=lambda row: not row["mine"])})


def _summary(version: Version, mine: bool, kept: register.Keeping, named: dict[int, str]) -> dict[str, Any]:
    clauses = version.regulation.pack.clauses
    declined = sum(1 for entry in clauses.values() if entry.declined)
    deferred = sum(1 for entry in clauses.values() if entry.deferred)
    units = "、".join(named[unit] for unit in sorted(version.units or ()) if unit in named)
    return {
        "version": version, "mine": mine and version.units is not None, "total": len(clauses), "declined": declined,
        "deferred": deferred, "enforced": len(clauses) - declined - deferred, "units": units or "全公司",
        "pack": version.regulation.pack, "owner": owner_name(version), "kept": kept,
    }  # fmt: skip


def regulation(request: HttpRequest, pack: str) -> HttpResponse:
    """One regulation in its own order, with the month's figures this person may see."""
    view = register.regulation_view(pack, request.user, register.Month.of(request.GET.get("month")))
    drafts = [one for one in view.versions if one.state in ("draft", "checked", "approved")]
    context = {
        "view": view, "version": view.version, "pack": view.version.regulation.pack, "month": view.month,
        "states": _states(view), "drafts": drafts, "owner": owner_name(view.version),
        "governs": governs(request.user, view.version, posts_of(request.user)) and "pack.draft" in vocabulary.actions,
    }  # fmt: skip
    return render(request, "rules/regulation.html", context)


def _states(view: register.RegulationView) -> list[tuple[str, int]]:
    """How many clauses the system enforces, waits for a capability with, or leaves alone."""
    found = {"系统执行": 0, "待功能建成": 0, "不执行": 0}
    for clause in view.clauses:
        found[clause.state] += 1
    return [(state, count) for state, count in found.items() if count]


def cases(request: HttpRequest, pack: str, clause: str, figure: str) -> HttpResponse:
    """The cases behind one figure."""
    month = register.Month.of(request.GET.get("month"))
    given = request.GET.get("page", "")
    number = int(given) if given.isdecimal() and 0 < int(given) < FAR else 1
    found = register.cases(pack, clause, figure, month, request.user, number)
    version = register.version_for(pack)
    spec = register.FIGURES[figure]
    context = {
        "version": version, "clause": clause, "text": version.clause_text(clause), "spec": spec, "month": month,
        "page": Page(found.rows, found.page, found.more, register.PAGE), "duties": spec.source != "event",
    }  # fmt: skip
    return render(request, "rules/cases.html", context)
