"""Versions of a regulation, several regulations at once, and what is missing."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.actions import dry_run, packs, perform
from kedang.kernel.approvals.models import Ballot
from kedang.kernel.errors import Invalid, NeedsApproval, Refused
from kedang.kernel.models import Notice
from kedang.kernel.norms import store
from kedang.kernel.norms.models import Duty, PackVersion
from kedang.kernel.norms.problems import PackError
from tests.kernel.conftest import register, text_of
from tests.kernel.test_duties import pass_time
from tests.support.company import HOUSE, Company

Under = Callable[..., Company]

REPORT = """
pack: reporting
version: 1
title: 报告办法
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
parameters:
  period: {type: duration, clause: "1", values: {2026-01-01: 2 working_days}}
clauses:
  "1": {text: 联系后两个工作日内拜访。}
norms:
  - {id: report, clause: "1", kind: duty, opens: {event: contact.recorded, once_per: customer}, done: {event: visit.recorded, for: customer, by: anyone}, due: {within: period}}
"""
SECOND = (
    REPORT.replace("version: 1", "version: 2")
    .replace("2 working_days", "5 working_days")
    .replace("done: {event: visit.recorded", "done: {event: contract.registered")
)


@pytest.fixture(autouse=True)
def _forgotten() -> Any:
    yield
    store.forget()


def load(folder: Path, text: str) -> PackVersion:
    folder.mkdir(exist_ok=True)
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    return packs.load(folder)


def duty(file: int) -> Duty:
    return Duty.objects.get(file=file)


def day(row: Duty) -> str:
    assert row.due_at is not None
    return f"{clock.local(row.due_at):%m-%d}"


def test_an_old_duty_keeps_its_norm_and_new_events_get_the_new_one(
    under: Under, held: clock.Frozen, tmp_path: Path
) -> None:
    company = under(HOUSE)
    old, new = register(company, "甲厂"), register(company, "乙厂")
    packs.put_in_force(load(tmp_path / "one", REPORT), date(2026, 3, 1), None)
    company.do("contact.record", "小王", customer=old)
    packs.put_in_force(load(tmp_path / "two", SECOND), date(2026, 3, 3), None)
    assert (duty(old).version, day(duty(old))) == (1, "03-04")
    company.do("contact.record", "小王", customer=new)
    assert duty(new).version == 1  # the new version begins tomorrow
    pass_time(held, "2026-03-03T10:00")
    newest = register(company, "丙厂")
    company.do("contact.record", "小王", customer=newest)
    assert (duty(newest).version, day(duty(newest))) == (2, "03-10")
    company.do("visit.record", "小王", customer=old, content="看样")
    company.do("visit.record", "小王", customer=newest, content="看样")
    assert (duty(old).state, duty(newest).state) == ("done", "open")
    company.do("contract.register", "小王", customer=newest, name="供货合同", signed_on="2026-03-03")
    assert duty(newest).state == "done"


def test_an_old_duty_is_breached_under_its_own_version(under: Under, held: clock.Frozen, tmp_path: Path) -> None:
    company = under(HOUSE)
    file = register(company, "甲厂")
    packs.put_in_force(load(tmp_path / "one", REPORT), date(2026, 3, 1), None)
    company.do("contact.record", "小王", customer=file)
    packs.put_in_force(load(tmp_path / "two", SECOND), date(2026, 3, 2), None)
    pass_time(held, "2026-03-05T09:00")
    assert duty(file).breached_at is not None


def test_what_happened_before_a_regulation_is_none_of_its_business(
    under: Under, held: clock.Frozen, tmp_path: Path
) -> None:
    company = under(HOUSE)
    file = register(company, "甲厂")
    packs.put_in_force(load(tmp_path / "one", REPORT), date(2026, 3, 2), None)
    company.do("contact.record", "小王", customer=file, occurred_at="2026-02-27 10:00")
    assert not Duty.objects.exists()
    company.do("contact.record", "小王", customer=file)
    assert duty(file).version == 1


def test_a_pack_with_an_error_is_not_loaded_and_the_running_one_stays(under: Under, tmp_path: Path) -> None:
    company = under(HOUSE)
    packs.put_in_force(load(tmp_path / "one", REPORT), date(2026, 3, 1), None)
    for broken in (
        SECOND.replace("contact.recorded", "contact.recoded"),
        SECOND.replace("period: {", "span: {"),
        SECOND + "  - {id: report\n",
    ):
        with pytest.raises(PackError):
            load(tmp_path / "two", broken)
    assert PackVersion.objects.filter(pack="reporting").count() == 1
    file = register(company, "甲厂")
    company.do("contact.record", "小王", customer=file)
    assert duty(file).version == 1


def test_a_version_in_force_cannot_be_rewritten(under: Under, tmp_path: Path) -> None:
    under(HOUSE)
    packs.put_in_force(load(tmp_path / "one", REPORT), date(2026, 3, 1), None)
    with pytest.raises(Invalid, match="不能改动"):
        load(tmp_path / "one", REPORT.replace("2 working_days", "9 working_days"))


def test_a_parameter_without_a_value_stops_adoption(under: Under, tmp_path: Path) -> None:
    under(HOUSE)
    row = load(tmp_path / "one", REPORT.replace(", values: {2026-01-01: 2 working_days}", ""))
    with pytest.raises(Invalid, match="period"):
        packs.put_in_force(row, date(2026, 3, 1), None)


# ---- several at once ---------------------------------------------------------------------------------------------

DEAR = """
pack: {id}
version: 1
title: {id}办法
effective: 2026-01-01
roles:
  gm: {{name: 总经理, post: general_manager}}
  chief: {{name: 批准人, post: {post}, unit: {unit}}}
routes:
  both: [{{role: chief}}, {{role: gm}}]
clauses:
  "1": {{text: 报销须批准。}}
norms:
  - {{id: dear, clause: "1", kind: approval, action: expense.submit, when: amount > 100, route: both, then: run}}
"""


def test_approvals_of_several_regulations_are_all_asked_and_one_person_once(under: Under) -> None:
    company = under(
        HOUSE,
        DEAR.format(id="first", post="head", unit="业务一部"),
        DEAR.format(id="second", post="finance", unit="财务部"),
    )
    file = register(company, "甲厂")
    with pytest.raises(NeedsApproval) as caught:
        company.do("expense.submit", "小王", customer=file, kind="差旅", amount=500)
    request = caught.value.request
    assert [(n["pack"], n["clause"]) for n in request.norms] == [("first", "1"), ("second", "1")]
    asked = []
    while request.status == "pending":
        (ballot,) = Ballot.objects.filter(step__request=request, status="pending")
        assert ballot.person is not None
        asked.append(ballot.person.name)
        perform("approval.move", by=ballot.person, request=request.pk, move="agree")
        request.refresh_from_db()
    assert asked == ["周经理", "郑总", "钱会计"]
    assert request.status == "executed"


def test_a_regulation_acts_only_in_its_departments(under: Under) -> None:
    company = under(HOUSE, REPORT.replace("effective:", "applies_to: {units: [业务二部]}\neffective:"))
    mine, theirs = register(company, "甲厂"), register(company, "乙厂", "小李")
    company.do("contact.record", "小王", customer=mine)
    company.do("contact.record", "小李", customer=theirs)
    assert [d.file for d in Duty.objects.all()] == [theirs]


# ---- what is missing ---------------------------------------------------------------------------------------------

GAP = """
pack: gap
version: 1
title: 缺资料办法
effective: 2026-01-01
clauses:
  "1": {{text: 来源不是展会的不得报销。}}
norms:
  - {{id: gap, clause: "1", kind: prohibition, action: expense.submit, when: "file.source != '展会'", if_missing: {rule}}}
"""


@pytest.mark.parametrize(("rule", "verdict"), [("refuse", "refuse"), ("pass", "allow")])
def test_a_gap_is_settled_as_the_norm_says(under: Under, rule: str, verdict: str) -> None:
    company = under(HOUSE, GAP.format(rule=rule))
    file = register(company, "甲厂")
    args = {"customer": file, "kind": "差旅", "amount": 5}
    said = dry_run("expense.submit", by=company["小王"], **args)
    assert said.verdict == verdict
    assert [leaf.label for leaf in said.gaps] == ["来源"]
    if verdict == "refuse":
        with pytest.raises(Refused):
            perform("expense.submit", by=company["小王"], **args)
    else:
        perform("expense.submit", by=company["小王"], **args)


def test_a_tick_without_regulations_does_nothing(held: clock.Frozen) -> None:
    store.forget()
    tick.tick()
    assert not Duty.objects.exists()
    assert held.at == clock.local(datetime(2026, 3, 2, 10))


def test_the_tests_own_packs_are_clean() -> None:
    from kedang.kernel.norms.check import check
    from kedang.kernel.norms.loader import load_text
    from kedang.kernel.norms.vocabulary import vocabulary

    for name in ("many", "guards", "duties", "ticking"):
        problems = check([load_text({f"{name}.yaml": text_of(name)})], vocabulary)
        assert [str(each) for each in problems if each.severity == "error"] == []


BOTH = """
pack: both
version: 1
title: 两个条件
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
clauses:
  "1": {text: 月末提醒。}
norms:
  - {id: both, clause: "1", kind: consequence, every: month_end, for_each: holder of sales, when: "in_unit(person, '业务一部')", where: WHERE, do: [{notify: person}]}
"""


def test_a_consequence_with_two_conditions_asks_both(under: Under, held: clock.Frozen) -> None:
    text = BOTH.replace("WHERE", "\"not in_unit(person, '业务一部')\"")
    under(HOUSE, text)
    pass_time(held, "2026-04-01T09:00")
    assert not Notice.objects.exists()
