"""One original, many hands reaching for it at the same moment; the same bytes uploaded and erased at once. PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from kedang.kernel import blobs, clock
from kedang.kernel.actions import perform
from kedang.kernel.blobs import service, store
from kedang.kernel.errors import Invalid, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person
from kedang.records.models import Archive, Custody, Item, Loan
from tests.concurrency.test_registering import at_once
from tests.records.archive_pack import ARCHIVE
from tests.support.company import Company, found, in_force

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def archived() -> Iterator[tuple[Company, int]]:
    """An archived file whose original 64 people were allowed to borrow."""
    with clock.frozen("2026-03-02 10:00", all_threads=True):
        made = found()
        with in_force(ARCHIVE):
            file = made.do("customer.register", "小王", name="星河餐饮")
            Custody.objects.create(customer_id=file, custodian=made["何内勤"], handed_over_on=clock.today())
            Archive.objects.create(customer_id=file, by=made["何内勤"], custodian=made["何内勤"])
            yield made, file


def test_sixty_four_registrations_at_once_put_the_original_into_one_hand(archived: tuple[Company, int]) -> None:
    company, file = archived
    people = [company.hire(f"借阅人{n}", "salesperson", "业务一部") for n in range(64)]
    loans = [Loan.objects.create(customer_id=file, borrower=person, medium="原件").pk for person in people]

    def register(number: int) -> str:
        try:
            perform("record.register_loan", by=company["何内勤"], customer=file, loan=loans[number])
        except (Invalid, Refused) as error:
            return type(error).__name__
        return "out"

    answers = at_once(register, 64)
    assert answers.count("out") == 1
    assert answers.count("Invalid") == 63
    assert Loan.objects.filter(returned_at=None).exclude(registered_at=None).count() == 1
    assert Event.objects.filter(kind="record.loan_registered").count() == 1


def test_the_database_itself_refuses_a_second_hand(archived: tuple[Company, int]) -> None:
    company, file = archived
    one = Loan(customer_id=file, borrower=company["小王"], medium="原件", registered_at=clock.now())
    two = Loan(customer_id=file, borrower=company["小赵"], medium="原件", registered_at=clock.now())
    one.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        two.save()


def test_items_attached_at_once_get_each_a_number_of_its_own(archived: tuple[Company, int], tmp_path: Path) -> None:
    company, file = archived

    def attach(number: int) -> object:
        with store.elsewhere(tmp_path):
            blob = service.received([f"text {number}".encode()], f"{number}.txt", company["小王"]).pk
            return perform(
                "record.attach", by=company["小王"], customer=file, files=[blob], issued_on="2026-02-01"
            ).value

    at_once(attach, 16)
    assert sorted(Item.objects.values_list("number", flat=True)) == list(range(1, 17))


def test_bytes_uploaded_while_the_same_are_erased_are_there_when_their_row_is(tmp_path: Path, archived: object) -> None:
    wang = Person.objects.get(name="小王")

    def work(number: int) -> int:
        with store.elsewhere(tmp_path):
            row = service.received([b"the same bytes"], f"{number}.txt", wang)
            if number % 2:
                blobs.erase([row], clock.now())
            return row.pk

    for _ in range(5):
        at_once(work, 12)
    with store.elsewhere(tmp_path):
        left = blobs.Blob.objects.filter(gone_at=None)
        assert left.count() == 30
        assert {blobs.reader(row.sha256).read() for row in left} == {b"the same bytes"}
