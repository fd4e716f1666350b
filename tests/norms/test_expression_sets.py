"""Many at once: one load a fact, the same answers as one by one."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedang.kernel.norms.expressions import Env, Expression, evaluate_many
from tests.norms.conftest import Universe

TEXTS = [
    "not shares_unit(actor, file)",
    "known(customer.owner) and customer.owner.unit == actor.unit",
    "customer.category == '重点客户' or customer.registration == '已备案'",
    "(customer.credit or 0) > amount and customer.key",
    "(customer.weight or '普通') == '较重要' and known(file.owner) and known(superior(file.owner))",
]


def test_one_load_a_fact_for_all(universe: Universe, make: Callable[..., Expression]) -> None:
    for customer in range(50):
        universe.set("file.owner", customer, to=customer % 5)
        universe.set("term", customer, "demo.category", to="key")
    for person in range(5):
        universe.set("person.unit", person, to=person % 2)
    store = universe.store()
    envs = [Env({"actor": 1, "customer": c, "file": c, "amount": 1}, store) for c in range(50)]
    outcomes = evaluate_many(make(TEXTS[1]), envs)
    assert sum(each.truth is True for each in outcomes) == 20
    assert universe.loads == {"file.owner": 1, "person.unit": 2}
    evaluate_many(make("customer.category == '重点客户' and known(customer.weight)"), envs)
    assert universe.loads["term"] == 1


def test_facts_about_rows_load_for_all_rows(universe: Universe, make: Callable[..., Expression]) -> None:
    store = universe.store()
    for customer in range(3):
        universe.set("customer.key", customer, to=True)
    envs = [Env({"customer": c, "rows": [{"kind": "in"}] * 4}, store) for c in range(3)]
    assert [each.value for each in evaluate_many(make("rows(kind == '来电' and customer.key)", None), envs)] == [
        4,
        4,
        4,
    ]
    assert universe.loads["customer.key"] == 1


_SOME = st.integers(0, 3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(_SOME, _SOME, st.booleans()), min_size=1, max_size=8),
    st.dictionaries(_SOME, _SOME),
    st.dictionaries(_SOME, st.sampled_from(["key", "general", "major", "normal"])),
    st.dictionaries(st.tuples(_SOME, _SOME), st.booleans()),
)
def test_all_at_once_is_one_by_one(
    universe: Universe,
    make: Callable[..., Expression],
    text: str,
    cases: list[tuple[int, int, bool]],
    owners: dict[int, int],
    classes: dict[int, str],
    shares: dict[tuple[int, int], bool],
) -> None:
    universe.values.clear()
    for customer in range(4):
        universe.set("customer.key", customer, to=customer % 2 == 0)
        universe.set("person.unit", customer, to=customer % 2)
        universe.set("stage", customer, "demo.registration", to="filed" if customer > 1 else "new")
    universe.values["file.owner"] = {(c,): p for c, p in owners.items()}
    universe.values["customer.credit"] = {(c,): p for c, p in owners.items()}
    universe.values["superior"] = {(p,): c for c, p in owners.items()}
    universe.values["term"] = {(c, f"demo.{t}"): v for c, v in classes.items() for t in ("category", "weight")}
    universe.values["shares_unit"] = dict(shares)
    shared = universe.store()
    variables = [{"customer": c, "file": c, "amount": 1, **({"actor": p} if known else {})} for p, c, known in cases]
    expression = make(text)
    together = evaluate_many(expression, [Env(each, shared) for each in variables])
    alone = [expression.evaluate(Env(each, universe.store())) for each in variables]
    # Of many only what is not known has a trace; the answers are the same.
    for one, other in zip(together, alone, strict=True):
        assert (one.value, one.missing, one.gaps) == (other.value, other.missing, other.gaps)
        assert one.leaves == (other.leaves if other.truth is None else ())
