"""Whether scenarios notice: each rule is taken out, each boundary moved, and the clause's scenarios run again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedang.kernel.norms import store
from kedang.kernel.norms.compiled import Regulation, compile_pack
from kedang.kernel.norms.loader import LoadedPack, load_pack
from kedang.kernel.norms.problems import PackError, Problem, problem
from kedang.kernel.norms.schema import Pack
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.scenarios.grammar import Scenario, read
from kedang.kernel.scenarios.mutants import Mutant, mutants_of
from kedang.kernel.scenarios.runner import files_of, run
from kedang.kernel.scenarios.stage import loaded_pack


@dataclass
class Findings:
    """What the scenarios of a pack prove: those that fail as it stands, and the mutants that none of them notices."""

    failing: dict[str, str] = field(default_factory=dict)
    """Scenario → message."""
    untold: set[str] = field(default_factory=set)
    """Clauses without a passing scenario."""
    survivors: list[Mutant] = field(default_factory=list)
    tried: int = 0


def survivors_of(loaded: LoadedPack) -> list[Problem]:
    """A problem for each clause without scenarios, each failing scenario, and each mutant that goes unnoticed."""
    found = examine(loaded)
    problems = [problem(loaded.mark(), f"用例不通过：{name}：{message}") for name, message in found.failing.items()]
    for clause in sorted(found.untold):
        problems.append(
            problem(loaded.mark("clauses", clause), f"第{clause}条没有通过的用例", "在 scenarios/ 里写一个")
        )
    for each in found.survivors:
        clauses = "、".join(each.clauses)
        problems.append(
            problem(loaded.mark(*each.path), f"{each.what}，第{clauses}条的用例没有发觉", "给用例补上这句没有核对的话")
        )
    return problems


def coverage_of(folder: Path, *, mutate: bool = True) -> dict[str, Any]:
    """{pack, clauses, enforced, declined, deferred, untested} in numbers, and which clauses are untested."""
    loaded = load_pack(folder)
    entries = loaded.pack.clauses
    declined = [number for number, entry in entries.items() if entry.declined]
    deferred = [number for number, entry in entries.items() if entry.deferred]
    found = examine(loaded, mutate=mutate)
    untested = found.untold | {clause for each in found.survivors for clause in each.clauses}
    untested -= {*declined, *deferred}
    return {
        "pack": loaded.pack.pack,
        "clauses": len(entries),
        "enforced": len(entries) - len(declined) - len(deferred) - len(untested),
        "declined": len(declined),
        "deferred": len(deferred),
        "untested": len(untested),
        "untested_clauses": [number for number in entries if number in untested],
    }


def examine(loaded: LoadedPack, *, mutate: bool = True) -> Findings:
    """Run the scenarios of a pack as it stands, then against every mutant."""
    found = Findings()
    with _quiet():
        passing = list(_passing(loaded, found))
        told = {clause for each in passing for clause in each.clauses}
        found.untold = {
            number
            for number, entry in loaded.pack.clauses.items()
            if not entry.declined and not entry.deferred and number not in told
        }
        for mutant in mutants_of(loaded) if mutate else ():
            if mutant.clauses and not _noticed(loaded, mutant, passing, found):
                found.survivors.append(mutant)
    return found


def _passing(loaded: LoadedPack, found: Findings) -> Iterator[Scenario]:
    """The pack's scenarios that pass as it stands, the quick ones first kept in file order."""
    for file in files_of(loaded.folder) if loaded.folder else []:
        for scenario in read(file):
            result = run(scenario)
            if result.passed:
                yield scenario
            else:
                found.failing[scenario.name] = result.message


def _noticed(loaded: LoadedPack, mutant: Mutant, scenarios: Sequence[Scenario], found: Findings) -> bool:
    """Whether a scenario of the mutant's clauses fails. One that does not even compile is no rule at all."""
    regulation = _compiled(loaded, mutant.data)
    if regulation is None and mutant.weaker is not None:
        regulation = _compiled(loaded, mutant.weaker)
    if regulation is None:
        return True
    found.tried += 1
    pack = loaded.pack
    store.replace(pack.pack, pack.version, regulation)
    try:
        return any(not run(each).passed for each in scenarios if set(each.clauses) & set(mutant.clauses))
    finally:
        store.replace(pack.pack, pack.version, None)


def _compiled(loaded: LoadedPack, data: dict[str, Any]) -> Regulation | None:
    try:
        changed = LoadedPack(Pack.model_validate(data), {}, {}, None)
        return compile_pack(changed, vocabulary, _others(loaded))
    except (PackError, ValueError):
        return None


def _others(loaded: LoadedPack) -> dict[str, Pack]:
    """The neighbours in the same folder of packs, for names written out in full."""
    if loaded.folder is None:
        return {}
    found = {}
    for folder in sorted(loaded.folder.parent.iterdir()):
        if (folder / "pack.yaml").exists() and folder != loaded.folder:
            other = loaded_pack(folder).pack
            found[other.pack] = other
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Mutants park rows and log errors on purpose."""
    log = logging.getLogger("kedang")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
