"""docs/architecture.md draws the code that is there."""

from __future__ import annotations

import re
from pathlib import Path

import kedang

ROOT = Path(kedang.__file__).parent
DRAWING = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")


def packages(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir() if (each / "__init__.py").exists()} - {"migrations", "config"}


def test_every_app_and_every_package_of_the_kernel_is_drawn() -> None:
    drawn = set(re.findall(r"[a-z_]+", DRAWING.split("```")[1]))
    assert packages(ROOT) - drawn == set()
    assert packages(ROOT / "kernel") - drawn == set()


def test_every_module_the_flow_names_exists() -> None:
    flow = DRAWING.split("```")[3]
    named = set(re.findall(r"([a-z_/]+\.py)", flow))
    found = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py")}
    missing = [name for name in named if not any(path.endswith(name) for path in found)]
    assert missing == []
    assert len(named) >= 8
