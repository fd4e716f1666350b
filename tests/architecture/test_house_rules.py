"""The rules of the house that import-linter cannot express, read off the source itself."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kedang"
WITHOUT_HTTP = ("kernel", "customers", "engagement", "records", "trade", "reports")
HTTP_MODULES = ("django.http", "django.views", "django.shortcuts", "django.urls", "django_htmx")
SIGNAL_NAMES = {"pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "receiver"}


def sources(*folders: str) -> list[Path]:
    """Return the package's own modules, without migrations."""
    roots = [PACKAGE / folder for folder in folders] or [PACKAGE]
    return [path for root in roots for path in sorted(root.rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (module, name) for every import of a file; name is empty for ``import x``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_apps_and_kernel_know_no_http() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in sources(*WITHOUT_HTTP)
        for module, _ in imports(path)
        if module.startswith(HTTP_MODULES)
    ]
    assert found == []


def test_nothing_hangs_on_model_signals() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for module, name in imports(path)
        if module.startswith("django.db.models.signals") or (module == "django.dispatch" and name in SIGNAL_NAMES)
    ]
    assert found == []


def test_no_generic_foreign_keys() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sources()
        for _, name in imports(path)
        if name in {"GenericForeignKey", "GenericRelation"}
    ]
    assert found == []


def test_no_model_overrides_save_or_delete() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {klass.name}.{node.name}"
        for path in sources()
        if path.name == "models.py" or "models" in path.parts
        for klass in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(klass, ast.ClassDef)
        for node in klass.body
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]
    assert found == []


def test_files_stay_below_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def tracked_files() -> list[Path]:
    """Return the files under version control; skips outside a checkout."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_registry_host_or_home_path_is_committed() -> None:
    # Written in pieces so that this file does not find itself.
    forbidden = [
        "pypi" + ".org",
        "python" + "hosted",
        "registry." + "npmjs",
        "deb." + "debian",
        "/ro" + "ot/",
        "/wo" + "rk/",
    ]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked_files()
        for text in [path.read_bytes().decode("utf-8", errors="ignore")]
        for word in forbidden
        if word in text
    ]
    assert found == []
