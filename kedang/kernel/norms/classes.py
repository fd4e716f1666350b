"""The classes of files under the terms of packs, asked once a deed for all that wants to know them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kedang.kernel import files
from kedang.kernel.norms.models import FileTerm

WHAT = "classes"


def _load(ids: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    found: dict[int, dict[str, str]] = {file: {} for file in ids}
    for file, term, value in FileTerm.objects.filter(file__in=ids).values_list("file", "term", "value"):
        found[file][term] = value
    return found


classes_of = files.remembered(WHAT, _load)
"""{file: {full term id: value id}}"""


def know(file: int, classes: Mapping[str, str]) -> None:
    """Hand in the classes of a file just opened."""
    files.remember(WHAT, file, classes)
