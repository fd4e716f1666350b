"""The demo company: told through the real actions, once, in an empty database."""

import stat

import pytest
from django.conf import settings

from kedang.cli import main
from kedang.customers.models import Customer
from kedang.demo import load
from kedang.demo.names import Names
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Parked
from kedang.kernel.norms import store
from kedang.kernel.norms.models import Duty
from kedang.kernel.org.models import Person


@pytest.fixture
def demo(db: None) -> load.Story:
    """Six weeks with a few customers."""
    store.forget()
    yield load.load("slow-river-7788", customers=24, days=45)
    store.forget()


def test_the_demo_tells_its_story_through_the_ledger_and_only_into_an_empty_database(
    demo: load.Story, capsys: pytest.CaptureFixture[str]
) -> None:
    # One test for what takes seconds to make.
    check_story(demo)
    check_accounts(capsys)
    before = Event.objects.count()
    with pytest.raises(Invalid, match="空库"):
        load.load("another")
    assert main(["demo"]) == 2
    assert "空库" in capsys.readouterr().err
    assert Event.objects.count() == before


def check_story(demo: load.Story) -> None:
    assert Customer.objects.count() > 14
    assert not Parked.objects.exists()
    assert set(Duty.objects.values_list("state", flat=True)) >= {"open", "done"}
    assert set(Duty.objects.values_list("pack", flat=True)) == {
        "customer-registry",
        "leasing-customer-info",
        "sales-files",
    }
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert kinds >= {
        "contact.recorded",
        "form.filed",
        "flow.moved",
        "customer.filed",
        "expense.submitted",
        "record.archived",
    }
    assert not Event.objects.filter(recorded_at__gt=demo.until).exists()


def check_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    assert all(person.check_password("slow-river-7788") for person in Person.objects.all())
    path = load.keep_password("slow-river-7788")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent == settings.DATA_DIR
    assert main(["demo", "--accounts"]) == 0
    listed = capsys.readouterr().out
    assert "slow-river-7788" in listed
    assert "王晓芸" in listed
    path.unlink()


@pytest.mark.django_db
def test_nothing_is_listed_where_there_is_no_demo(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--accounts"]) == 0
    assert capsys.readouterr().out == ""


def test_the_names_are_the_same_every_time_and_never_twice() -> None:
    from random import Random

    first = [Names(Random(1)).business() for _ in range(1)]
    assert first == [Names(Random(1)).business()]
    names = Names(Random(2))
    made = [names.business() for _ in range(300)] + [names.medical() for _ in range(120)]
    assert len({one.name for one in made}) == 420
    codes = [one.credit_code for one in made if one.credit_code]
    assert len(set(codes)) == len(codes)
