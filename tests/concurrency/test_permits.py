"""Reading and copying while the grant is taken back, on PostgreSQL: nothing is read or taken after it is gone."""

from collections.abc import Iterator

import pytest

from kedang.kernel import clock
from kedang.kernel.actions import perform, perform_read
from kedang.kernel.errors import Invalid, NeedsApproval, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Grant
from tests.concurrency.test_registering import at_once
from tests.kernel.conftest import register, text_of
from tests.support.company import Company, found, in_force

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SPAN = {"since": "2026-03-02", "through": "2026-03-06"}
WORKERS = 8


@pytest.fixture
def company() -> Iterator[Company]:
    """The company under the rules on secrecy, committed."""
    with clock.frozen("2026-03-02 10:00", all_threads=True):
        made = found()
        with in_force(text_of("permits")):
            yield made


def granted(company: Company, approver: str, by: str, name: str, **args: object) -> Grant:
    """A grant that was asked for and agreed to."""
    with pytest.raises(NeedsApproval) as asked:
        perform(name, by=company[by], purpose="核对", **args)
    request = asked.value.request.pk
    perform("approval.move", by=company[approver], request=request, move="agree")
    return Grant.objects.get(request=request)


def test_no_page_is_read_after_the_grant_was_taken_back(company: Company) -> None:
    file = register(company, "晨光厂")
    for number in range(5):
        grant = granted(company, "周经理", "小李", "file.ask", customer=file)

        def work(worker: int, grant: Grant = grant, number: int = number) -> str:
            if worker == 3:
                perform("access.revoke", by=company["小王"], grant=grant.pk, reason="收回了")
                return "revoked"
            said = perform_read("file.open", by=company["小李"], customer=file, purpose=f"第{number}次{worker}")
            return str(said.verdict)

        answers = at_once(work, WORKERS)
        assert set(answers) <= {"allow", "needs", "revoked"}
        revoked = Event.objects.filter(kind="access.revoked", data__grant=grant.pk).get()
        opened = Event.objects.filter(kind="file.opened", data__number=grant.number)
        assert opened.count() == answers.count("allow")
        assert not opened.filter(pk__gt=revoked.pk).exists()


def test_no_copy_is_taken_after_the_grant_was_taken_back(company: Company) -> None:
    company.do("form.file", "小王", form="permits.register", data={"rows": [{"name": "星河"}]})
    for _ in range(5):
        grant = granted(company, "郑总", "何内勤", "form.ask", form="register", verb="copy", until="2026-03-09", **SPAN)

        def work(worker: int, grant: Grant = grant) -> str:
            try:
                if worker == 3:
                    perform("access.revoke", by=company["郑总"], grant=grant.pk, reason="收回了")
                    return "revoked"
                perform(
                    "form.export",
                    by=company["何内勤"],
                    form="register",
                    authorisation=grant.number,
                    purpose="备份",
                    **SPAN,
                )
                return "done"
            except Refused:
                return "refused"

        answers = at_once(work, WORKERS)
        revoked = Event.objects.filter(kind="access.revoked", data__grant=grant.pk).get()
        copies = Event.objects.filter(kind="form.exported", data__number=grant.number)
        assert copies.count() == answers.count("done")
        assert not copies.filter(pk__gt=revoked.pk).exists()
        assert answers.count("done") + answers.count("refused") == WORKERS - 1


def test_a_grant_is_taken_back_once(company: Company) -> None:
    file = register(company, "晨光厂")
    grant = granted(company, "周经理", "小李", "file.ask", customer=file)
    answers = at_once(
        lambda worker: perform("access.revoke", by=company["小王"], grant=grant.pk, reason=f"第{worker}次").value,
        WORKERS,
    )
    assert sum(isinstance(answer, Invalid) for answer in answers) == WORKERS - 1
    assert Event.objects.filter(kind="access.revoked").count() == 1


def test_grants_given_at_one_moment_have_numbers_of_their_own(company: Company) -> None:
    files = [register(company, f"第{n}厂") for n in range(WORKERS)]
    asked = []
    for file in files:
        with pytest.raises(NeedsApproval) as waits:
            perform("file.ask", by=company["小李"], customer=file, purpose="核对")
        asked.append(waits.value.request.pk)
    at_once(lambda n: perform("approval.move", by=company["周经理"], request=asked[n], move="agree"), WORKERS)
    numbers = sorted(Grant.objects.values_list("number", flat=True))
    assert numbers == [f"SQ-2026-{n:04}" for n in range(1, WORKERS + 1)]
