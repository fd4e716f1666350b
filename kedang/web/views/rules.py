"""制度: each regulation in force, clause by clause in its own order, with what enforces it and how it is kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kedang.customers import selectors
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org import selectors as org
from kedang.reports import register


def index(request: HttpRequest) -> HttpResponse:
    """The regulations in force; those of the person's own department first."""
    units = org.units_of(request.user)
    versions = regulations().in_force()
    rows = [_summary(request, version, version.covers(None, units)) for version in versions]
    return render(request, "rules/list.html", {"rows": sorted(rows, key=lambda row: not row["mine"])})


def _summary(request: HttpRequest, version: Version, mine: bool) -> dict[str, object]:
    clauses = version.regulation.pack.clauses
    declined = sum(1 for entry in clauses.values() if entry.declined)
    deferred = sum(1 for entry in clauses.values() if entry.deferred)
    names = org.unit_names_of(version.units).values() if version.units is not None else []
    return {
        "version": version, "mine": mine, "total": len(clauses), "declined": declined, "deferred": deferred,
        "enforced": len(clauses) - declined - deferred, "units": "、".join(names) or "全公司",
        "pack": version.regulation.pack,
    }  # fmt: skip


def _version(pack: str) -> Version:
    version = regulations().version(pack)
    if version is None:
        raise NotFound("没有这部制度，或者它还没有生效。")
    return version


def regulation(request: HttpRequest, pack: str) -> HttpResponse:
    """One regulation in its own order."""
    version = _version(pack)
    sees = register.may_see_figures(request.user, version)
    month = register.Month.of(request.GET.get("month"))
    rows = register.clause_rows(version, month if sees else None)
    context = {
        "version": version, "pack": version.regulation.pack, "rows": rows, "sees": sees, "month": month,
        "parameters": register.parameters_of(version),
        "totals": _totals(rows), **{key: sum(1 for row in rows if getattr(row, key)) for key in ("declined", "deferred")},
        "enforced": sum(1 for row in rows if not row.declined and not row.deferred),
    }  # fmt: skip
    return render(request, "rules/regulation.html", context)


def _totals(rows: list[register.ClauseRow]) -> list[tuple[str, int]]:
    """Cases by figure over the whole regulation, as the clauses show them."""
    found = {label: 0 for label in register.FIGURES.values()}
    for row in rows:
        for _, label, count in row.figures:
            found[label] += count
    return [(label, count) for label, count in found.items() if count]


def cases(request: HttpRequest, pack: str, clause: str, figure: str) -> HttpResponse:
    """The cases behind one figure."""
    version = _version(pack)
    if not register.may_see_figures(request.user, version) or figure not in register.FIGURES:
        raise NotFound
    if clause not in version.regulation.pack.clauses:
        raise NotFound("没有这一条。")
    month = register.Month.of(request.GET.get("month"))
    rows = register.cases(version, clause, figure, month)
    ids = {row.file for row in rows if row.file}
    known = dict(selectors.visible_files(request.user).filter(pk__in=ids).values_list("pk", "name"))
    context = {
        "version": version, "clause": clause, "text": version.clause_text(clause), "rows": rows, "known": known,
        "label": register.FIGURES[figure], "month": month, "duties": figure in ("met", "late", "open"),
    }  # fmt: skip
    return render(request, "rules/cases.html", context)
