"""What names a clause: the proof that nothing of the regulation is left out starts here."""

from __future__ import annotations

from collections.abc import Iterator

from kedang.kernel.norms.marks import KeyPath
from kedang.kernel.norms.schema import Clause, Confidential, Form, Pack


def numbers(clause: Clause) -> list[str]:
    """A clause reference as a list of clause numbers."""
    if isinstance(clause, list):
        return [each for each in clause if each]
    return [clause] if clause else []


def references(pack: Pack) -> Iterator[tuple[str, str, KeyPath]]:
    """Everything that names a clause: (clause, what names it, path of the reference)."""
    for clause, what, path in _named(pack):
        listed = isinstance(clause, list)
        for index, number in enumerate(numbers(clause)):
            yield number, what, (*path, "clause", index) if listed else (*path, "clause")
    for number, entry in pack.clauses.items():
        names = [entry.builtin] if isinstance(entry.builtin, str) else entry.builtin or []
        for name in names:
            yield number, f"builtin {name}", ("clauses", number, "builtin")


def _named(pack: Pack) -> Iterator[tuple[Clause, str, KeyPath]]:
    for name, role in pack.roles.items():
        yield role.clause, f"role {name}", ("roles", name)
    for name, term in pack.terms.items():
        yield term.clause, f"term {name}", ("terms", name)
    for name, parameter in pack.parameters.items():
        yield parameter.clause, f"parameter {name}", ("parameters", name)
    for name, row in pack.access.items():
        yield row.clause, f"access {name}", ("access", name)
    for name, route in pack.routes.items():
        for index, step in enumerate(route):
            yield step.clause, f"route {name}", ("routes", name, index)
    for name, kind in pack.record_types.items():
        yield kind.clause, f"record type {name}", ("record_types", name)
    if pack.archive:
        yield pack.archive.clause, "archive", ("archive",)
    for name, form in pack.forms.items():
        yield form.clause, f"form {name}", ("forms", name)
        if isinstance(form.confidential, Confidential):
            yield form.confidential.clause, f"confidential {name}", ("forms", name, "confidential")
        if form.rows and form.rows.each:
            yield form.rows.each.clause, f"form {name}", ("forms", name, "rows", "each")
        yield from _fields(name, form)
    for name, flow in pack.flows.items():
        yield flow.clause, f"flow {name}", ("flows", name)
        for index, stage in enumerate(flow.stages):
            yield stage.clause, f"stage {name}.{stage.id}", ("flows", name, "stages", index)
    yield from _norms(pack)


def _fields(name: str, form: Form) -> Iterator[tuple[Clause, str, KeyPath]]:
    for index, field in enumerate(form.fields):
        yield field.clause, f"field {name}.{field.id}", ("forms", name, "fields", index)
    for index, field in enumerate(form.rows.fields if form.rows else ()):
        yield field.clause, f"field {name}.rows.{field.id}", ("forms", name, "rows", "fields", index)


def _norms(pack: Pack) -> Iterator[tuple[Clause, str, KeyPath]]:
    for index, norm in enumerate(pack.norms):
        path: KeyPath = ("norms", index)
        yield norm.clause, f"norm {norm.id}", path
        due = getattr(norm, "due", None)
        if due is not None:
            yield due.clause, f"norm {norm.id}", (*path, "due")
            if due.grace:
                yield due.grace.clause, f"norm {norm.id}", (*path, "due", "grace")


def enforcers(pack: Pack) -> dict[str, tuple[str, ...]]:
    """{clause: what names it}, in the order of the clauses; a clause that nothing names has ()."""
    found: dict[str, list[str]] = {number: [] for number in pack.clauses}
    for number, what, _ in references(pack):
        found.setdefault(number, [])
        if what not in found[number]:
            found[number].append(what)
    return {number: tuple(names) for number, names in found.items()}
