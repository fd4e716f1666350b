"""Keys of deeds: how long a second post is answered like the first, and what a key keeps of an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kedang.customers.models import Customer
from kedang.kernel import clock, nightly
from kedang.kernel.actions import keys, perform
from kedang.kernel.actions.many import perform_many
from kedang.kernel.errors import KeyUsed
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import CommandKey
from tests.kernel.conftest import register
from tests.support.company import Company

CANARY = "金丝雀精密机械厂"


@pytest.fixture
def company(under: Callable[..., Company]) -> Company:
    made = under("guards")
    register(made, CANARY)
    return made


def test_a_search_leaves_no_customers_data_in_its_key_and_is_done_again(company: Company) -> None:
    first = perform("customer.search", by=company["小王"], key="s-1", q="金丝雀")
    assert [row["name"] for row in first.value] == [CANARY]
    kept = CommandKey.objects.get(key="s-1")
    assert (kept.outcome, kept.result) == ("done", None)
    Customer.objects.update(name="改了名的厂")
    again = perform("customer.search", by=company["小王"], key="s-1", q="金丝雀")
    assert [row["name"] for row in again.value] == ["改了名的厂"], "what is so now, not what was kept"
    assert Event.objects.filter(kind="customer.searched").count() == 2
    with pytest.raises(KeyUsed):
        perform("customer.search", by=company["小王"], key="s-1", q="别的")


def test_searches_done_together_leave_none_either(company: Company) -> None:
    perform_many("customer.search", {"a": {"q": "金丝雀"}}, by=company["小王"], job="j")
    [row] = CommandKey.objects.filter(key__contains="j")
    assert CANARY not in str(row.result)


def test_no_key_keeps_a_name(company: Company) -> None:
    perform("customer.register", by=company["小王"], key="r-1", name="金丝雀二厂")
    perform("customer.search", by=company["小王"], key="s-2", q="金丝雀二厂")
    assert [row.key for row in CommandKey.objects.all() if "金丝雀" in str(row.result)] == []


def test_keys_are_swept_at_night_when_their_life_is_over_and_no_sooner(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "CHUNK", 2)
    made = perform("contact.record", by=company["小王"], key="k-1", customer=Customer.objects.get().pk, content="甲")
    held = CommandKey.objects.get(key="k-1")
    for number in range(5):
        CommandKey.objects.create(key=f"old-{number}", digest="x", at=clock.now() - keys.LIFE - timedelta(minutes=1))
    CommandKey.objects.filter(pk=held.pk).update(at=clock.now() - keys.LIFE)
    assert nightly.jobs()["keys"] is keys.sweep
    assert keys.sweep() == 5
    assert list(CommandKey.objects.values_list("key", flat=True)) == ["k-1"]
    again = perform("contact.record", by=company["小王"], key="k-1", customer=Customer.objects.get().pk, content="甲")
    assert again.value == made.value
    assert keys.sweep() == 0
