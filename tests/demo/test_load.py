"""The demo company: told through the real actions, once, in an empty database."""

import stat

import pytest
from django.conf import settings

from kedang.cli import main
from kedang.customers.models import Customer
from kedang.demo import load
from kedang.demo.names import Names
from kedang.kernel.approvals.models import Request, RequestStatus, Step
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Parked
from kedang.kernel.norms import store
from kedang.kernel.norms.models import Acknowledgement, Duty
from kedang.kernel.org.models import Handover, Person
from kedang.records.models import Destruction, Item, Loan


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
        "",  # 交接, the product's own
        "customer-registry",
        "baseline",  # its reminder of a loan past its date
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
    check_screens()


def check_screens() -> None:
    """Every screen of papers, loans, leaving and signing has something true to show."""
    assert Destruction.objects.exclude(executed_at=None).count() == 1
    assert Destruction.objects.filter(executed_at=None).count() == 1
    assert Request.objects.filter(action="record.destroy", status=RequestStatus.PENDING).count() == 1
    assert Item.objects.exclude(title="").count() >= 4
    assert Loan.objects.exclude(registered_at=None).filter(returned_at=None).exists()
    assert Loan.objects.exclude(returned_at=None).exists()
    left = Handover.objects.get()
    assert left.closed_at is None
    assert set(left.lines.exclude(file=None).values_list("receiver__username", flat=True)) == {"li", None}
    specs = [step.spec for step in Step.objects.filter(request__status=RequestStatus.PENDING)]
    assert sum(bool(spec.get("batch")) for spec in specs) >= 2
    assert {"deed.typed", "event.corrected", "pack.acknowledged"} <= set(Event.objects.values_list("kind", flat=True))
    signed = Acknowledgement.objects.filter(pack="leasing-customer-info")
    assert signed.exclude(signed_at=None).exists()
    assert list(signed.filter(signed_at=None).values_list("person__username", flat=True)) == ["tan"]


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
