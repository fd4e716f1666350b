"""A condition as one query picks exactly the files for which the evaluator says True."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.norms.expressions import Env, Expression, Scope, compile_expr, evaluate_many
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.models import FileStage, FileTerm
from kedang.kernel.norms.store import fact_store
from kedang.kernel.norms.vocabulary import vocabulary
from tests.support.company import HOUSE, Company, found, in_force

PACK = (
    HOUSE
    + """
  # the closing hand of HOUSE is its access rows; flows and more terms follow
flows:
  registration: {name: 备案状态, stages: [{id: new, name: 未备案}, {id: filed, name: 已备案}]}
"""
).replace("terms:\n", "terms:\n  grade: {name: 等级, values: {a: 甲, b: 乙}, default: b}\n")
VARIABLES = {"actor": "person", "customer": "customer", "file": "customer", "day": "date", "word": "text?"}
ATOMS = [
    "file.nature == '国有企业'",
    "file.nature != word",
    "(file.nature or '不详') in ['不详', '民营企业']",
    "known(file.owner)",
    "file.owner == actor",
    "file.owner not in [actor]",
    "file.registered_on > day",
    "day >= file.registered_on",
    "customer.category == '重点客户'",
    "(customer.category or 'general') != 'key'",
    "customer.grade == '甲'",
    "customer.grade in ['乙']",
    "customer.registration == '已备案'",
    "customer.registration != '已备案'",
    "word == '国有企业'",
    "file.registered_by == file.owner",
    "known(file.source)",
]


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    with clock.frozen("2026-03-02 10:00"):
        made = found()
        with in_force(PACK):
            yield made


@pytest.fixture
def files(company: Company) -> list[int]:
    """Forty files with everything empty or filled, by chance but always the same."""
    chance = random.Random(7)
    people = [company["小王"].pk, company["小李"].pk]
    unit = company.units["业务一部"]
    made = [
        Customer.objects.create(
            number=f"T{n}",
            name=f"客户{n}",
            normalized_name=f"客户{n}",
            sort_key=f"{n}",
            nature=chance.choice(["", "国有企业", "民营企业"]),
            source=chance.choice(["", "来电"]),
            owner_id=chance.choice([None, *people]),
            unit=unit,
            registered_by_id=chance.choice(people),
            registered_on=date(2026, chance.randint(1, 3), 2),
        ).pk
        for n in range(40)
    ]
    for name, values in (("category", ["key", "general"]), ("grade", ["a", "b"])):
        chosen = chance.sample(made, 25)
        FileTerm.objects.bulk_create(
            FileTerm(file=f, term=f"house.{name}", value=chance.choice(values), since=clock.now()) for f in chosen
        )
    FileStage.objects.bulk_create(
        FileStage(file=f, flow="house.registration", stage="filed", since=clock.now()) for f in chance.sample(made, 15)
    )
    return made


@pytest.fixture
def make() -> Callable[[str], Expression]:
    pack = load_text({"pack.yaml": PACK}).pack
    scope = Scope(VARIABLES, vocabulary, pack, allow_gaps=True)
    return lambda text: compile_expr(text, scope, "bool")


_TREES = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, inner).map("({0[0]}) and ({0[1]})".format),
        st.tuples(inner, inner).map("({0[0]}) or ({0[1]})".format),
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120)
@given(_TREES, st.booleans(), st.sampled_from(["国有企业", "民营企业", None, "absent"]))
def test_the_query_is_the_evaluator(
    company: Company, files: list[int], make: Callable[[str], Expression], text: str, owner: bool, word: str | None
) -> None:
    expression = make(text)
    given_: dict[str, Any] = {"actor": company["小王" if owner else "小李"].pk, "day": date(2026, 2, 2)}
    if word != "absent":
        given_["word"] = word
    query = expression.to_q("file", given_)
    assert query is not None
    picked = set(Customer.objects.filter(query).values_list("pk", flat=True))
    store = fact_store()
    outcomes = evaluate_many(expression, [Env({**given_, "file": f, "customer": f}, store) for f in files])
    assert picked == {f for f, outcome in zip(files, outcomes, strict=True) if outcome.truth is True}


@pytest.mark.parametrize("text", ATOMS)
def test_every_atom_picks_some_and_leaves_some(
    company: Company, files: list[int], make: Callable[[str], Expression], text: str
) -> None:
    query = make(text).to_q("file", {"actor": company["小王"].pk, "day": date(2026, 2, 2), "word": "民营企业"})
    assert query is not None
    picked = Customer.objects.filter(query).count()
    assert (picked == 0) if text.startswith("word") else (0 < picked < len(files))


@pytest.mark.parametrize(
    "text",
    [
        "shares_unit(actor, file)",
        "is_collaborator(actor, file)",
        "'国有' in file.nature",
        "superior(file.owner) == actor",
    ],
)
def test_what_is_no_column_is_no_query(make: Callable[[str], Expression], text: str) -> None:
    expression = make(text)
    assert not expression.queryable("file")
    assert expression.to_q("file", {}) is None


def test_equality_uses_the_bare_column(company: Company, make: Callable[[str], Expression]) -> None:
    query = make("file.owner == actor").to_q("file", {"actor": 3})
    assert query is not None
    assert 'WHERE "customers_customer"."owner_id" = 3' in str(Customer.objects.filter(query).only("pk").query)
