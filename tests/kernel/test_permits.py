"""申请查阅: what is asked for, what a grant covers to the second and to the day, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from kedang.kernel import clock, ledger, tick
from kedang.kernel.actions import access, dry_run, perform, perform_read
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.files import view
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.vocabulary import vocabulary
from tests.support.company import Company

REGISTER = "permits.register"
SPAN = {"since": "2026-03-02", "through": "2026-03-06"}


@pytest.fixture
def company(under: Callable[..., Company]) -> Company:
    """The company under the rules on secrecy; 何内勤 keeps, 周经理 leads, 郑总 decides."""
    return under("permits")


@pytest.fixture
def factory(company: Company) -> int:
    """A file of 小王 with a phone and a code."""
    made = company.do(
        "customer.register", "小王", name="晨光厂", phone="13800138000", contact_name="曾国强",
        credit_code="91350100M000100Y43",
    )  # fmt: skip
    return int(made)


def file_register(company: Company, by: str, day: str, name: str = "星河餐饮") -> int:
    """One day's register; the record's id."""
    rows = [{"name": name, "phone": "13900139000"}]
    return int(
        company.do("form.file", by, form=REGISTER, occurred_at=f"{day} 17:00", data={"note": "当日", "rows": rows})
    )


def ask(company: Company, by: str, name: str, **args: Any) -> int:
    """The number of the request that asks."""
    with pytest.raises(NeedsApproval) as asked:
        perform(name, by=company[by], **{"purpose": "核对归属", **args})
    return int(asked.value.request.pk)


def agree(company: Company, by: str, request: int) -> Grant:
    """Agree, and the grant that came of it."""
    perform("approval.move", by=company[by], request=request, move="agree")
    return Grant.objects.get(request=request)


def permit(company: Company, by: str = "周经理", verb: str = "read", **more: Any) -> Grant:
    """A grant on a week of registers."""
    asked = {"form": "register", "verb": verb, "until": "2026-03-09", **SPAN, **more}
    return agree(company, "郑总", ask(company, by, "form.ask", **asked))


def refusals() -> int:
    """How many refusals are on record."""
    return Event.objects.filter(kind="norm.refused").count()


# ---- registers -------------------------------------------------------------------------------------------------------


def test_what_was_filed_is_read_by_the_filer_the_keeper_and_nobody_else(company: Company) -> None:
    record = file_register(company, "小王", "2026-03-02")
    assert perform_read("form.open", by=company["小王"], filed=record).verdict == "allow"
    assert perform_read("form.open", by=company["何内勤"], filed=record).verdict == "allow"
    for name in ("周经理", "郑总", "小李"):
        before = refusals()
        decision = perform_read("form.open", by=company[name], filed=record)
        assert (decision.verdict, decision.clauses) == ("refuse", ["1"])
        assert refusals() == before + 1
    told = Event.objects.filter(kind="norm.refused").latest("pk")
    assert (told.clause, told.data["about"], told.actor) == ("1", REGISTER, company["小李"])
    assert Event.objects.filter(kind="form.opened").count() == 2


def test_who_has_nothing_to_do_with_the_rules_does_not_learn_that_there_is_a_record(company: Company) -> None:
    record = file_register(company, "小王", "2026-03-02")
    for args in ({"filed": record}, {"filed": record + 999}, {"form": "register", **SPAN}):
        with pytest.raises(NotFound):
            perform_read("form.open", by=company["丁仓管"], **args)
    assert refusals() == 0


def test_a_permit_opens_the_days_it_names_and_no_day_beside_them(company: Company) -> None:
    inside = [file_register(company, "小王", day) for day in ("2026-03-02",)]
    outside = [file_register(company, "小王", day) for day in ("2026-02-28", "2026-03-01")]
    grant = permit(company)
    assert grant.number == "SQ-2026-0001"
    assert (grant.first_day, grant.last_day, grant.form) == (date(2026, 3, 2), date(2026, 3, 6), REGISTER)
    assert grant.granted_by == company["郑总"]
    head = company["周经理"]
    assert [perform_read("form.open", by=head, filed=each).verdict for each in inside] == ["allow"]
    assert [perform_read("form.open", by=head, filed=each).verdict for each in outside] == ["refuse", "refuse"]
    assert perform("form.open", by=head, form="register", **SPAN).value == {"rows": 1}
    for since, through in (("2026-03-01", "2026-03-06"), ("2026-03-02", "2026-03-07"), (None, None)):
        with pytest.raises(Refused):
            perform("form.open", by=head, form="register", since=since, through=through)
    assert Event.objects.filter(kind="form.opened").latest("pk").data["number"] == grant.number


def test_days_are_the_company_s_own_from_midnight_to_midnight(company: Company, held: clock.Frozen) -> None:
    held.move_to(datetime(2026, 3, 8, 9))
    at = {}
    for when in ("2026-03-01 23:59", "2026-03-02 00:00", "2026-03-06 23:59", "2026-03-07 00:00"):
        at[when] = company.do("form.file", "小王", form=REGISTER, occurred_at=when, data={"rows": [{"name": "甲"}]})
    permit(company)
    seen = {when: perform_read("form.open", by=company["周经理"], filed=pk).verdict for when, pk in at.items()}
    assert list(seen.values()) == ["refuse", "allow", "allow", "refuse"]


def test_a_permit_of_one_person_s_registers_opens_no_other_s(company: Company) -> None:
    mine, other = file_register(company, "小王", "2026-03-02"), file_register(company, "小赵", "2026-03-02")
    permit(company, of=company["小王"].pk)
    head = company["周经理"]
    assert perform_read("form.open", by=head, filed=mine).verdict == "allow"
    assert perform_read("form.open", by=head, filed=other).verdict == "refuse"
    assert perform("form.open", by=head, form="register", of=company["小王"].pk, **SPAN).value == {"rows": 1}
    with pytest.raises(Refused):
        perform("form.open", by=head, form="register", **SPAN)


def test_a_form_that_is_no_secret_is_open_to_all_under_its_rules(company: Company) -> None:
    record = company.do("form.file", "小王", form="permits.notice", data={"text": "开会"})
    assert perform_read("form.open", by=company["周经理"], filed=record).verdict == "allow"
    with pytest.raises(Invalid) as said:
        perform("form.ask", by=company["周经理"], form="notice", purpose="看看", **SPAN)
    assert "不保密" in said.value.errors["form"]


# ---- copies ----------------------------------------------------------------------------------------------------------


def test_reading_is_not_copying_and_each_is_asked_for_and_approved_apart(company: Company) -> None:
    file_register(company, "小王", "2026-03-02")
    read = permit(company)
    wanted = {"form": "register", "purpose": "备份", **SPAN}
    for number in (None, read.number):
        with pytest.raises(Refused) as said:
            perform("form.export", by=company["周经理"], authorisation=number, **wanted)
        assert said.value.decision.clauses == ["1"]
    assert "只准查阅" in said.value.decision.refusals[0].message
    copy = permit(company, verb="copy")
    assert copy.number == "SQ-2026-0002" and copy.verbs == ["copy"]
    done = perform("form.export", by=company["周经理"], authorisation=copy.number.lower(), **wanted)
    assert done.value["number"] == copy.number and done.value["rows"] == 1
    event = Event.objects.get(kind="form.exported")
    assert (event.data["number"], event.data["code"]) == (copy.number, done.value["code"])
    assert refusals() == 2


@pytest.mark.parametrize("by", ["何内勤", "小王"])
def test_neither_keeper_nor_filer_takes_registers_out_without_a_number(company: Company, by: str) -> None:
    file_register(company, "小王", "2026-03-02")
    with pytest.raises(Refused):
        perform("form.export", by=company[by], form="register", purpose="备份", **SPAN)
    assert Event.objects.get(kind="norm.refused").clause == "1"
    assert not Event.objects.filter(kind="form.exported").exists()


def test_a_wrong_a_foreign_an_expired_and_a_revoked_number_are_refused_and_said(
    company: Company, held: clock.Frozen
) -> None:
    file_register(company, "小王", "2026-03-02")
    keeper = company["何内勤"]
    foreign = permit(company, "周经理", verb="copy")
    own = permit(company, "何内勤", verb="copy")

    def told(number: str, **span: str) -> str:
        with pytest.raises(Refused) as said:
            perform("form.export", by=keeper, form="register", purpose="备份", authorisation=number, **{**SPAN, **span})
        return str(said.value.decision.refusals[0].message)

    assert told("SQ-2026-9999") == told(foreign.number) == "没有这个授权编号，或者它不是授予您的。"
    assert "不含" in told(own.number, through="2026-03-07")
    held.move_to(own.valid_until)
    assert "到期" in told(own.number)
    held.move_to(datetime(2026, 3, 2, 11))
    perform("access.revoke", by=company["郑总"], grant=own.pk, reason="用完了")
    assert "收回" in told(own.number)
    assert refusals() == 5


def test_telling_somebody_outside_needs_a_number_and_is_kept_with_receiver_time_and_digest(
    company: Company, factory: int
) -> None:
    file_register(company, "小王", "2026-03-02")
    keeper = company["何内勤"]
    said = {"recipient": "外包公司陈某", "purpose": "对账", "way": "phone"}
    with pytest.raises(Refused) as none:
        perform("file.disclose", by=keeper, customer=factory, fields=["customer.phone"], **said)
    assert none.value.decision.clauses == ["3"]
    with pytest.raises(Refused):
        perform("form.disclose", by=keeper, form="register", **said, **SPAN)
    grant = agree(
        company, "郑总",
        ask(company, "何内勤", "file.ask", customer=factory, verb="copy", fields=["contact"], until="2026-03-09"),
    )  # fmt: skip
    perform(
        "file.disclose", by=keeper, customer=factory, fields=["customer.phone"], authorisation=grant.number,
        summary="告知电话 13800138000", **said,
    )  # fmt: skip
    event = Event.objects.get(kind="access.disclosed")
    told = ledger.told(event)
    assert (told["recipient"], told["what"], told["number"]) == ("外包公司陈某", "联系电话", grant.number)
    assert len(event.data["digest"]) == 16 and "13800138000" not in str(event.data)
    with pytest.raises(Refused):
        perform(
            "file.disclose",
            by=keeper,
            customer=factory,
            fields=["customer.address"],
            authorisation=grant.number,
            **said,
        )
    assert refusals() == 3


# ---- files -----------------------------------------------------------------------------------------------------------


def test_a_read_grant_opens_the_file_and_every_copy_of_it_stays_refused(company: Company, factory: int) -> None:
    reader = company["小李"]
    grant = agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory))
    assert grant.verbs == ["read"] and grant.valid_until == clock.at_time(date(2026, 3, 5), time.max)
    assert perform_read("file.open", by=reader, customer=factory).verdict == "allow"
    assert dry_run("customer.export", by=reader, customer=factory).verdict == "refuse"
    for name, more in (("customer.export", {}), ("file.disclose", {"recipient": "某人"})):
        with pytest.raises(Refused):
            perform(name, by=reader, customer=factory, purpose="带走", **more)
    assert not access.may_copy(access.standing(reader.pk), view(factory))
    agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory, verb="copy"))
    assert perform("customer.export", by=reader, customer=factory, purpose="带走").value["rows"] == 1
    exported = Event.objects.get(kind="customer.exported")
    assert exported.data["number"] == "SQ-2026-0002"


def test_a_masked_field_that_is_asked_for_by_name_is_shown_and_no_other(company: Company, factory: int) -> None:
    head = company["周经理"]
    seen = access.field_rights(access.standing(head.pk), view(factory), ["base", "contact"])
    assert seen == {"base": "show", "contact": "mask"}
    agree(
        company, "郑总",
        ask(company, "周经理", "file.ask", customer=factory, fields=["customer.phone"], until="2026-03-09"),
    )  # fmt: skip
    rights = access.field_rights(access.standing(head.pk), view(factory), ["base", "contact"])
    assert rights == {"base": "show", "contact": "mask", "customer.phone": "show"}
    assert access.field_rights(access.standing(head.pk), view(factory), ["contact"], copying=True) == {
        "contact": "mask"
    }


def test_a_grant_of_some_fields_opens_those_and_hides_the_rest(company: Company, factory: int) -> None:
    agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory, fields=["contact"]))
    who = access.standing(company["小李"].pk)
    assert perform_read("file.open", by=company["小李"], customer=factory).verdict == "allow"
    rights = access.field_rights(who, view(factory), ["base", "contact", "deal", "credit"])
    assert rights == {"base": "show", "contact": "show", "deal": "hide", "credit": "hide"}
    assert not access.whole_file(who, view(factory))
    for name in ("customer.update", "contact.record", "record.archive"):
        spec = vocabulary.actions[name]
        decision = dry_run(name, by=company["小李"], customer=factory)
        assert spec.needs != "open" or decision.verdict == "refuse", name
    assert factory not in access.reach(company["小李"].pk, "open").files


def test_what_one_may_do_already_and_what_does_not_exist_is_not_asked_for(company: Company, factory: int) -> None:
    for by, args, field in (
        ("小王", {}, "verb"),
        ("小王", {"fields": ["contact"]}, "fields"),
        ("小李", {"fields": ["nothing"]}, "fields"),
        ("小李", {"until": "2026-03-01"}, "until"),
        ("小李", {"verb": "steal"}, "verb"),
        ("小李", {"purpose": ""}, "purpose"),
        ("周经理", {"fields": ["contact"], "until": "2026-03-13"}, "until"),
        ("周经理", {"fields": ["contact"]}, "until"),
    ):
        with pytest.raises(Invalid) as said:
            perform("file.ask", by=company[by], customer=factory, **{"purpose": "投标资料", **args})
        assert list(said.value.errors) == [field], (by, args)
    with pytest.raises(Invalid) as said:
        perform(
            "form.ask", by=company["周经理"], form="register", purpose="核对", since="2026-03-06", through="2026-03-02"
        )
    assert list(said.value.errors) == ["through"]
    assert not Grant.objects.exists()


# ---- the end of a grant ----------------------------------------------------------------------------------------------


def test_a_grant_ends_at_its_instant_on_every_path_and_before_any_tick(
    company: Company, factory: int, held: clock.Frozen
) -> None:
    record = file_register(company, "小王", "2026-03-02")
    permit(company)
    copy = permit(company, verb="copy")
    for verb in ("read", "copy"):
        agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory, verb=verb))
    Grant.objects.update(valid_until=clock.at_time(date(2026, 3, 4), time(12)))
    head, reader = company["周经理"], company["小李"]

    def answers() -> list[str]:
        said = [perform_read("form.open", by=head, filed=record).verdict]
        said.append(perform_read("file.open", by=reader, customer=factory).verdict)
        for name, by, args in (
            ("form.export", head, {"form": "register", "authorisation": copy.number, **SPAN}),
            ("customer.export", reader, {"customer": factory}),
        ):
            try:
                perform(name, by=by, purpose="备份", **args)
                said.append("allow")
            except (Refused, NotFound) as error:
                said.append(type(error).__name__)
        return said

    held.move_to(clock.at_time(date(2026, 3, 4), time(11, 59, 59)))
    assert answers() == ["allow"] * 4
    held.advance(timedelta(seconds=1))
    assert answers() == ["refuse", "needs", "Refused", "Refused"]
    tick.tick()
    tick.tick()
    assert Event.objects.filter(kind="access.expired").count() == 4
    expired = Event.objects.filter(kind="access.expired", data__number=copy.number).get()
    assert (expired.clause, expired.data["scope"]) == ("2", "《客户信息登记表》2026-03-02 至 2026-03-06")


def test_the_approver_or_the_owner_takes_a_grant_back_early_and_the_reader_hears_why(
    company: Company, factory: int
) -> None:
    grant = agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory))
    with pytest.raises(Refused):
        perform("access.revoke", by=company["郑总"], grant=grant.pk, reason="不必看了")
    with pytest.raises(NotFound):
        perform("access.revoke", by=company["小赵"], grant=grant.pk, reason="不必看了")
    with pytest.raises(NotFound):
        perform("access.revoke", by=company["小赵"], grant=grant.pk + 99, reason="不必看了")
    with pytest.raises(Invalid):
        perform("access.revoke", by=company["小王"], grant=grant.pk, reason="")
    perform("access.revoke", by=company["小王"], grant=grant.pk, reason="投标取消")
    assert perform_read("file.open", by=company["小李"], customer=factory).verdict == "needs"
    ended = Grant.objects.get()
    assert (ended.ended_by, ended.end_reason) == (company["小王"], "投标取消")
    assert Event.objects.get(kind="access.revoked").clause == "4"
    assert Notice.objects.filter(person=company["小李"], text__contains="投标取消").count() == 1
    with pytest.raises(Invalid):
        perform("access.revoke", by=company["小王"], grant=grant.pk, reason="再收一次")
    tick.tick()
    assert not Event.objects.filter(kind="access.expired").exists()


def test_the_reader_may_hand_his_own_grant_back(company: Company, factory: int) -> None:
    grant = agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory))
    perform("access.revoke", by=company["小李"], grant=grant.pk, reason="用完了")
    assert not Notice.objects.filter(person=company["小李"], text__contains="收回").exists()


def test_longer_is_asked_for_anew_while_the_first_grant_still_runs(
    company: Company, factory: int, held: clock.Frozen
) -> None:
    first = agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory))
    held.move_to(datetime(2026, 3, 4, 10))
    second = agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory, purpose="延期再看"))
    assert second.number != first.number and second.valid_until > first.valid_until
    held.move_to(first.valid_until + timedelta(hours=1))
    assert perform_read("file.open", by=company["小李"], customer=factory).verdict == "allow"


def test_numbers_are_never_given_out_twice(company: Company, factory: int) -> None:
    made = []
    for purpose in ("一次", "两次", "三次"):
        grant = agree(company, "周经理", ask(company, "小李", "file.ask", customer=factory, purpose=purpose))
        perform("access.revoke", by=company["小王"], grant=grant.pk, reason="用完了")
        made.append(grant.number)
    assert made == ["SQ-2026-0001", "SQ-2026-0002", "SQ-2026-0003"]


def test_a_refused_reading_is_on_record_once_an_hour_like_a_reading(company: Company, held: clock.Frozen) -> None:
    record = file_register(company, "小王", "2026-03-02")
    for _ in range(3):
        assert perform_read("form.open", by=company["周经理"], filed=record).verdict == "refuse"
    assert refusals() == 1
    held.advance(timedelta(hours=1))
    perform_read("form.open", by=company["周经理"], filed=record)
    assert refusals() == 2
