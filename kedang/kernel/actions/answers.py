"""A decision as data: the four lines of a refusal, every traced value passed through the reader's field rights.

What a key keeps of a refusal, so that the second post is answered like the first; what the API says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kedang.kernel import files
from kedang.kernel.actions import access
from kedang.kernel.models import CommandKey
from kedang.kernel.norms.engine import Decision, Finding
from kedang.kernel.norms.explain import base_type, explain


def told(decision: Decision, reader: int) -> dict[str, Any]:
    """What was refused, by which clauses, on which facts, what would lift it and whom to ask; plain JSON."""
    said = explain(decision, reader=reader, rights=rights_of(decision, reader))
    return {
        "verdict": said.verdict,
        "what": said.what,
        "clauses": [asdict(line) for line in said.clauses],
        "facts": list(said.facts),
        "lift": list(said.lift),
        "ask": [name for name in said.ask if name],
        "exception": said.exception,
    }


def rights_of(decision: Decision, reader: int) -> Mapping[str, str]:
    """The reader's field rights on the file, for the groups that the decision looked at."""
    groups = {leaf.group for finding in decision.findings or decision.depends for leaf in finding.leaves if leaf.group}
    view = files.view(decision.file) if decision.file and groups else None
    return access.field_rights(access.standing(reader), view, groups) if view else {}


def warned(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    """What a deed passed with, as a key keeps it."""
    return [
        {"pack": f.pack, "title": f.pack_title, "clause": f.clause, "text": f.clause_text, "message": f.message}
        for f in findings
    ]


def warnings_from(kept: list[dict[str, str]]) -> tuple[Finding, ...]:
    """The inverse of `warned`, for the second post of a key."""
    return tuple(Finding(k["pack"], k["title"], k["clause"], k["text"], "warn", k["message"]) for k in kept)


def named_files(decision: Decision) -> list[int]:
    """The files that the words of a decision may name."""
    named = {decision.file} if decision.file else set()
    for finding in (*decision.findings, *decision.depends):
        for leaf in finding.leaves:
            if base_type(leaf.type) == "customer":
                several = leaf.value if isinstance(leaf.value, (set, frozenset, list, tuple)) else [leaf.value]
                named |= {each for each in several if isinstance(each, int) and not isinstance(each, bool)}
    return sorted(named)


def forget(file: int) -> int:
    """A file is destroyed: refusals that named it keep their clauses alone; how many. Gone through row by row: they are
    few, destroying is rare, and no index would pay."""
    rows = CommandKey.objects.filter(outcome="refused", result__has_key="files")
    mine = [row for row in rows.iterator() if row.result and file in row.result["files"]]
    for row in mine:
        assert row.result is not None
        row.result = {"clauses": row.result["clauses"]}
        row.save(update_fields=["result"])
    return len(mine)
