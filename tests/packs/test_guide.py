"""docs/packs.md is held to the product: its example runs, its fragments have the right shape, no key or word is missing."""

from __future__ import annotations

import re
import typing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from kedang.kernel.ledger import kinds
from kedang.kernel.norms import schema
from kedang.kernel.norms.check import check
from kedang.kernel.norms.expressions.calls import BUILTINS
from kedang.kernel.norms.loader import load_pack
from kedang.kernel.norms.marks import Reader
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.scenarios.grammar import read
from kedang.kernel.scenarios.runner import run_paths
from scripts import pack_words

PAGE = pack_words.PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
EXAMPLE = re.findall(r"<!-- example: (\S+) -->\n```yaml\n(.*?)```", PAGE, re.S)
SCENARIO_KEYS = {"people", "scenarios"}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    folder = tmp_path / "visit-rules"
    for name, text in EXAMPLE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.django_db
def test_the_example_checks_clean_and_its_scenarios_hold(example: Path) -> None:
    assert check([load_pack(example)], vocabulary) == []
    results = run_paths([example])
    assert len(results) == 2
    assert [each.message for each in results if not each.passed] == []


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_fragment_has_the_shape_of_the_language(block: str, tmp_path: Path) -> None:
    reader = Reader("docs/packs.md", block)
    found = reader.read()
    assert reader.problems == []
    if isinstance(found, list):
        TypeAdapter(list[schema.Norm]).validate_python([{"clause": "1", **each} for each in found])
    elif SCENARIO_KEYS & set(found):
        file = tmp_path / "one.yaml"
        file.write_text(block)
        assert read(file)
    else:
        head = {"pack": "x", "version": 1, "title": "x", "effective": "2026-01-01"}
        schema.Pack.model_validate({**head, **found})


def test_every_word_used_in_an_example_is_the_products() -> None:
    text = "\n".join(BLOCKS)
    called = set(re.findall(r"\b([a-z_]+)\(", text))
    assert called <= {*vocabulary.facts, *BUILTINS}
    deeds = set(re.findall(r"\b(?:action|do): ([a-z_]+\.[a-z_]+)", text))
    assert deeds <= set(vocabulary.actions)
    events = set(re.findall(r"\b(?:event|kind|pause|resume): ([a-z_]+\.[a-z_]+)", text))
    assert events <= {each.name for each in kinds.all_kinds()}


def _models() -> list[type[BaseModel]]:
    return [each for each in vars(schema).values() if isinstance(each, type) and issubclass(each, schema.Strict)]


def _keys(model: type[BaseModel]) -> list[str]:
    return [spec.alias or name for name, spec in model.model_fields.items()]


@pytest.mark.parametrize("model", _models(), ids=lambda each: each.__name__)
def test_every_key_is_shown_in_an_example(model: type[BaseModel]) -> None:
    missing = [
        key for key in _keys(model) if not re.search(rf"(^|[{{\s,-]){key}:", "\n".join(BLOCKS) + _tables(), re.M)
    ]
    assert missing == []


def _tables() -> str:
    """Keys named in the tables of keys count when the same line gives an example or the meaning."""
    cells = re.findall(r"^\| ((?:`[a-z_]+` ?)+)\|", PAGE, re.M)
    return "\n" + "\n".join(f"{name}:" for cell in cells for name in re.findall(r"`([a-z_]+)`", cell))


def _literals(kind: Any) -> list[str]:
    if typing.get_origin(kind) is typing.Literal:
        return [str(each) for each in typing.get_args(kind)]
    return [word for part in typing.get_args(kind) for word in _literals(part)]


@pytest.mark.parametrize("model", _models(), ids=lambda each: each.__name__)
def test_every_fixed_choice_is_named(model: type[BaseModel]) -> None:
    words = {word for spec in model.model_fields.values() for word in _literals(spec.annotation)}
    assert {word for word in words if word not in PAGE} == set()


def test_the_vocabulary_on_the_page_is_the_products() -> None:
    _, _, rest = PAGE.partition(pack_words.BEGIN)
    written = rest.partition(pack_words.END)[0].strip()
    assert written == pack_words.section().strip(), "run scripts/pack_words.py"
