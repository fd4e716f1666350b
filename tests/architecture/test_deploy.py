"""What stands in deploy/ and docs/operations.md names only what there is."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from ruamel.yaml import YAML

from kedang.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CODE = "".join(
    path.read_text(encoding="utf-8") for folder in ("config", "cli") for path in (ROOT / "kedang" / folder).glob("*.py")
)
MANUAL = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_variable_that_is_told_is_read_somewhere() -> None:
    told = set(re.findall(r"KEDANG_[A-Z_]+[A-Z]", MANUAL + (DEPLOY / "kedang.env.example").read_text(encoding="utf-8")))
    shell = {"KEDANG_DB_PASSWORD", "KEDANG_NAME"}  # of the compose file
    assert {name for name in told - shell if f'"{name}"' not in CODE} == set()
    assert "KEDANG_BACKUP_DIR" in told


def test_every_command_that_is_told_exists() -> None:
    told = set(re.findall(r"(?:^|`)kedang ([a-z]+)", MANUAL, flags=re.M))
    assert told - set(COMMANDS) == set()
    assert {"backup", "restore", "upgrade", "ledger"} <= told


def test_every_file_that_is_told_is_there() -> None:
    told = set(re.findall(r"(?:deploy|scripts)/[\w.-]+\w", MANUAL))
    assert {name for name in told if not (ROOT / name).exists() and name != "deploy/.env"} == set()
    assert {f"deploy/{path.name}" for path in DEPLOY.iterdir()} <= told


def test_the_service_and_the_containers_can_be_read() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "kedang.service", encoding="utf-8")
    assert unit["Service"]["ExecStart"].endswith("-m kedang.cli run")
    services = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"database", "kedang", "proxy"}
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    missing = [name for line in copied for name in line.split() if not (ROOT / name).exists()]
    assert missing == []
