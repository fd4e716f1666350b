"""Reads matrix.yaml: for each route its cases, and for each case what everybody is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kedang.api import offered
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

    @property
    def machine(self) -> bool:
        """Whether it is asked with a token, in JSON."""
        return self.route.startswith("api_") and self.route not in ("api_docs", "api_openapi")

    def fits(self, seen: str, expected: str) -> bool:
        """Whether what was seen is what is declared; `known` is answered or refused, `unknowing` not found, or told that
        something is lacking before anything is looked up, `anything` all but broken."""
        if expected == "anything":
            return not seen.startswith("broken") and seen != "sign_in"
        return seen in {
            "known": ("answered", "refused", "invalid"),
            "unknowing": ("not_found", "invalid"),
            "answered": ("answered", "invalid"),
        }.get(expected, (expected,))

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
        if many := [one for one in fixed if one in MANY]:
            for name in MANY[many[0]]():
                yield [name if one == many[0] else one for one in fixed]
        else:
            yield fixed

    def given(self, key: str, world: World) -> dict[str, Any]:
        """What is sent along."""
        return _filled_in(self.row.get(key, {}), world)


def _filled_in(part: Any, world: World) -> Any:
    if isinstance(part, dict):
        return {name: _filled_in(value, world) for name, value in part.items()}
    return part if isinstance(part, list) else world.numbers.get(part, part)


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


def offered_about_files() -> list[str]:
    """What the API offers about a file."""
    return [name for name, one in offered.actions().items() if one.about and one.needs != "none"]


def offered_others() -> list[str]:
    """What the API offers about anything else."""
    return [name for name in offered.actions() if name not in offered_about_files()]


MANY = {one.__name__: one for one in (deeds_about_files, deeds_with_own_pages, offered_about_files, offered_others)}


def cases() -> list[Case]:
    """All of the table."""
    return [Case(route, case) for route, row in TABLE["routes"].items() for case in row.get("cases", [row])]
