"""Reads matrix.yaml: for each route its cases, and for each case what everybody is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kedang.kernel.norms.vocabulary import vocabulary
from kedang.web.forms.deeds import CHOSEN
from kedang.web.views.deeds import ELSEWHERE, OPEN
from tests.access.world import VIEWERS, World

EVERYBODY = ("anonymous", *VIEWERS)
TABLE = YAML(typ="safe").load(Path(__file__).with_name("matrix.yaml"))


@dataclass(frozen=True)
class Case:
    """One way to ask a route, and what is expected of it by method."""

    route: str
    row: dict[str, Any]

    def outcome(self, method: str, viewer: str) -> str:
        """sign_in, not_found, refused, answered or no_such_method."""
        declared = self.row[method.lower()]
        table = TABLE["classes"][declared] if isinstance(declared, str) else declared
        if viewer == "anonymous" and not self.row.get("public"):
            return "sign_in"
        named = [outcome for outcome, who in table.items() if isinstance(who, list) and viewer in who]
        rest = [outcome for outcome, who in table.items() if who in ("all", "rest")]
        return (named or rest)[0]

    def urls(self, world: World) -> Iterator[list[Any]]:
        """The arguments of each address that the case stands for."""
        fixed = [world.numbers.get(one, one) if self.route != "pick" else one for one in self.row.get("args", [])]
        if fixed and fixed[-1] in MANY:
            for name in MANY[fixed[-1]]():
                yield [*fixed[:-1], name]
        else:
            yield fixed

    def given(self, key: str, world: World) -> dict[str, Any]:
        """What is sent along."""
        return {name: world.numbers.get(value, value) for name, value in self.row.get(key, {}).items()}


def deeds_about_files() -> list[str]:
    """Every public deed about a file that the page of deeds offers; not those about one row of it that a button names."""
    return [
        one.name
        for one in vocabulary.actions.values()
        if one.about and one.name not in {*ELSEWHERE, *CHOSEN} and one.public and not one.name.startswith(OPEN)
    ]


def deeds_with_own_pages() -> list[str]:
    """Deeds about a file whose form stands elsewhere."""
    return [one.name for one in vocabulary.actions.values() if one.about and one.name in ELSEWHERE]


MANY = {"deeds_about_files": deeds_about_files, "deeds_with_own_pages": deeds_with_own_pages}


def cases() -> list[Case]:
    """All of the table."""
    return [Case(route, case) for route, row in TABLE["routes"].items() for case in row.get("cases", [row])]
