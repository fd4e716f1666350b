"""建议: points, an amount or a measure with its evidence, waiting for a person to decide."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock
from kedang.kernel.actions.deed import Deed
from kedang.kernel.norms.models import Duty, FormRecord, Proposal, ProposalState
from kedang.kernel.norms.people import as_one
from kedang.kernel.norms.store import Regulations

if TYPE_CHECKING:
    from kedang.kernel.actions import effects


def propose(case: effects.Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    """建议: points, an amount or a measure with its evidence; waits for a person's decision, never changes a table."""
    person, unit = _about(case, path)
    evidence = _evidence(case, entry)
    per = _number(case, path, entry, "per")
    amount = _number(case, path, entry, "amount")
    points = _number(case, path, entry, "points")
    if points is None and per is not None and entry["propose"] == "points":
        points = per * max(1, len(evidence))
    subject = f"person:{person}" if person else f"unit:{unit}" if unit else case.subject
    if case.file is not None:
        subject = f"{subject}/file:{case.file}"
    found = Proposal.objects.filter(norm=case.norm.qid, subject=subject, period=_period(case)).first()
    if found is not None and found.state != ProposalState.OPEN:
        return
    row = found or Proposal(norm=case.norm.qid, subject=subject, period=_period(case), opened_at=clock.now())
    row.pack, row.clause, row.kind = case.version.pack, case.norm.clauses[0], str(entry["propose"])
    row.title = str(
        entry.get("title") or case.norm.norm.message or case.norm.norm.name or case.version.clause_text(row.clause)
    )[:200]
    row.person_id, row.unit_id, row.file = person, unit, case.file
    row.points = points
    row.amount_fen = int(amount * 100) if amount is not None else None
    row.evidence = evidence
    decider = case.norm.roles.get(f"{path}.decided_by") or entry.get("decided_by")
    row.decider_role = f"{case.version.pack}.{decider}" if decider else ""
    row.save()
    if found is None:
        from kedang.kernel.actions.effects import note, tell

        note(case, deed, "proposal.opened", {"proposal": row.pk, "title": row.title})
        deciders = case.people(f"{path}.decided_by") if decider else []
        tell([each for each in deciders if each != person], f"请裁定建议：{row.title}", case, kind="proposal")


def _period(case: effects.Case) -> str:
    """A proposal is made once a period; one that an event triggers, once for that event."""
    return case.period or (f"event:{case.event.pk}" if case.event else f"duty:{case.duty.pk}" if case.duty else "")


def _about(case: effects.Case, path: str) -> tuple[int | None, int | None]:
    expr = case.norm.expr(f"{path}.about")
    if expr is not None:
        value = as_one(case.value(f"{path}.about"))
        return (None, value) if expr.type == "unit" else (value, None)
    if case.norm.roles.get(f"{path}.about"):
        return (next(iter(case.people(f"{path}.about")), None), None)
    if case.variables.get("unit") is not None and "person" not in case.variables:
        return None, case.variables["unit"]
    duty = case.duty
    return case.variables.get("person") or (duty.bearer_id if duty else None) or case.variables.get("actor"), None


def _number(case: effects.Case, path: str, entry: Mapping[str, Any], key: str) -> Decimal | None:
    if entry.get(key) is None:
        return None
    if case.norm.expr(f"{path}.{key}") is not None:
        value = case.value(f"{path}.{key}")
        return None if value is None else Decimal(str(value))
    raw = entry[key]
    value = case.version.params(clock.today()).get(raw, raw) if isinstance(raw, str) else raw
    return Decimal(str(value))


def _evidence(case: effects.Case, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows behind a proposal: late duties of the period, or filed forms about the file."""
    wanted = entry.get("with")
    of = wanted.get("late_duties") if isinstance(wanted, Mapping) else None
    if wanted == "late_duties" or of:
        rows = Duty.objects.exclude(breached_at=None).filter(pack=case.version.pack)
        if of:
            rows = rows.filter(norm__in=[name if "." in name else f"{case.version.pack}.{name}" for name in of])
        rows = (
            rows.filter(bearer=case.variables["person"]) if "person" in case.variables else rows.filter(file=case.file)
        )
        if case.period:
            rows = [d for d in rows if clock.local(d.breached_at).strftime("%Y-%m") == case.period[:7]]  # type: ignore[assignment,arg-type]
        return [{"duty": d.pk, "title": d.title, "clause": d.clause} for d in rows]
    if isinstance(wanted, Mapping) and wanted.get("form"):
        qid = f"{case.version.pack}.{str(wanted['form']).removeprefix(case.version.pack + '.')}"
        records = (
            FormRecord.objects.filter(form=qid, file=case.file) if case.file else FormRecord.objects.filter(form=qid)
        )
        return [{"record": r.pk, "title": r.name, "at": clock.local(r.filed_at).date().isoformat()} for r in records]
    if case.duty is not None:
        return [{"duty": case.duty.pk, "title": case.duty.title, "clause": case.duty.clause}]
    return [{"event": case.event.pk}] if case.event is not None else []
