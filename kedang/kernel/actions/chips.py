"""Warnings on files: one stays only while its norm still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedang.kernel import files
from kedang.kernel.models import Chip
from kedang.kernel.norms.store import env_of, fact_store
from kedang.kernel.picking import exists

if TYPE_CHECKING:
    from kedang.kernel.actions.reacting import Generation


def look_again(generation: Generation) -> None:
    """Warnings on the files that changed stay only while their norm still holds."""
    wanted = generation.settled_files()
    if not wanted or not exists(Chip, file=wanted):
        return
    for chip in Chip.objects.filter(file__in=wanted):
        found = generation.regs.norm(chip.norm)
        when = found[1].expr("when") if found else None
        if found is None or when is None:
            chip.delete()
            continue
        view = files.view(chip.file)
        variables = {"file": chip.file, "customer": chip.file}
        if view is not None and view.owner is not None:
            variables["actor"] = view.owner
        env = env_of(found[0], variables, fact_store())
        # What hangs on the arguments of one deed (an amount) has no state on the file that could end.
        if when.evaluate(env).truth is not True:
            chip.delete()
