"""制度: clause by clause with figures that open their cases; who sees whose; drafting and adopting a version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from kedang.kernel import register, tick
from kedang.kernel.errors import NeedsApproval, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import PackState, PackVersion
from kedang.kernel.norms.store import regulations
from tests.web.conftest import HTMX, Office, queries

PACK = "customer-registry"
Sign = Callable[[str], Client]


def page(client: Client, path: str, **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


def contact(office: Office, by: str, customer: int) -> None:
    office.do("contact.record", by, customer=customer, kind="电话", content="谈交期")


def counts(office: Office, login: str, clause: str) -> dict[str, int]:
    view = register.regulation_view(PACK, office[login])
    row = next(one for one in view.clauses if one.number == clause)
    return {one.figure.key: one.count for one in row.figures}


def refuse_a_claim(office: Office, customer: int, by: str = "wang") -> None:
    with pytest.raises(Refused):
        office.do(
            "expense.submit", by, customer=customer, kind="招待", amount="800", occurred_on="2026-03-02", note="招待"
        )


# ---- figures -------------------------------------------------------------------------------------------------------


def test_a_clause_counts_what_was_opened_met_late_overdue_and_refused(office: Office) -> None:
    met, late, overdue = (office.customer(f"第{n}机械厂") for n in "甲乙丙")
    for customer in (met, late, overdue):
        contact(office, "wang", customer)
    refuse_a_claim(office, met)
    form = {"form": f"{PACK}.customer_basic"}
    data = {
        "name": "x", "category": "潜在客户", "nature": "民营", "parent_unit": "无", "address": "上海市奉贤区金钱公路3469号",
        "contact_name": "张三", "phone": "13800138000",
    }  # fmt: skip
    office.do("form.file", "wang", customer=met, data={**data, "name": "第甲机械厂"}, **form)
    office.clock.move_to(datetime(2026, 3, 11, 9))
    tick.tick()
    office.do("form.file", "wang", customer=late, data={**data, "name": "第乙机械厂"}, **form)
    assert counts(office, "han", "1.4.1") | {"filed": 0} == {
        "opened": 3, "met": 1, "late": 1, "overdue": 1, "filed": 0, "acted": counts(office, "han", "1.4.1")["acted"],
    }  # fmt: skip
    assert counts(office, "han", "1.4.1")["filed"] == 2
    assert counts(office, "han", "1.8.1") == {"refused": 1}


@pytest.mark.parametrize("figure", ["opened", "refused", "filed", "overdue"])
def test_a_figure_and_its_cases_are_the_same_number(office: Office, figure: str) -> None:
    customer = office.customer()
    contact(office, "wang", customer)
    refuse_a_claim(office, customer)
    office.clock.move_to(datetime(2026, 3, 11, 9))
    tick.tick()
    view = register.regulation_view(PACK, office["zheng"])
    for clause in view.clauses:
        for one in clause.figures:
            if one.figure.key == figure:
                found = register.cases(PACK, clause.number, figure, view.month, office["zheng"])
                assert len(found.rows) == one.count, (clause.number, figure)


def test_a_norm_that_names_two_clauses_counts_under_both_and_once_in_all(office: Office) -> None:
    office.do(
        "form.file",
        "han",
        form=f"{PACK}.maintenance_plan",
        data={"category": "潜在客户", "frequency": "每月一次", "ways": "拜访"},
    )
    office.customer()
    tick.tick()
    view = register.regulation_view(PACK, office["han"])
    by_clause = {one.number: {each.figure.key: each.count for each in one.figures} for one in view.clauses}
    assert by_clause["1.7.1a"]["opened"] == by_clause["1.7.1b"]["opened"] == 1
    assert {one.figure.key: one.count for one in view.totals}["opened"] == 1
    for clause in ("1.7.1a", "1.7.1b"):
        assert len(register.cases(PACK, clause, "opened", view.month, office["han"]).rows) == 1


def test_last_month_is_not_this_month(office: Office) -> None:
    contact(office, "wang", office.customer())
    office.clock.move_to(datetime(2026, 4, 1, 9))
    assert counts(office, "han", "1.4.1")["opened"] == 0
    march = register.regulation_view(PACK, office["han"], register.Month.of("2026-03"))
    assert (
        next(
            one.count
            for row in march.clauses
            if row.number == "1.4.1"
            for one in row.figures
            if one.figure.key == "opened"
        )
        == 1
    )


# ---- who sees what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "seen"), [("han", 2), ("zheng", 2), ("admin", 2), ("zhou", 1), ("wang", 1), ("chen", 0), ("zhao", 0)]
)
def test_owner_and_leaders_see_everybody_others_themselves_and_those_below(
    office: Office, login: str, seen: int
) -> None:
    contact(office, "wang", office.customer())
    contact(office, "li", office.customer("东林厂", by="li"))
    assert counts(office, login, "1.4.1")["opened"] == seen
    found = register.cases(PACK, "1.4.1", "opened", register.Month.of(None), office[login])
    assert len(found.rows) == seen
    assert found.everybody is (seen == 2)


def test_the_page_says_whose_numbers_it_shows(office: Office, as_: Sign) -> None:
    assert "数字只含您本人" in page(as_("wang"), f"/rules/{PACK}/")
    assert "数字只含您本人" not in page(as_("han"), f"/rules/{PACK}/")


def test_a_case_names_no_customer_outside_the_readers_list(office: Office, as_: Sign) -> None:
    """The head of the archive's own scope holds no 客户 at all; an administrator neither."""
    contact(office, "wang", office.customer())
    text = page(as_("admin"), f"/rules/{PACK}/1.4.1/opened/")
    assert "（无权查看的客户）" in text and "晨光精密机械厂" not in text
    assert "晨光精密机械厂" in page(as_("han"), f"/rules/{PACK}/1.4.1/opened/")


# ---- pages ---------------------------------------------------------------------------------------------------------


def test_the_regulation_stands_in_its_own_order_with_what_enforces_each_clause(office: Office, as_: Sign) -> None:
    text = page(as_("han"), f"/rules/{PACK}/")
    places = [text.index(f'id="c-{number}"') for number in regulations().version(PACK).regulation.pack.clauses]  # type: ignore[union-attr]
    assert places == sorted(places) and len(places) == 33
    assert "“提交《客户基本信息表》备案”" in text and "5个工作日内" in text
    assert "须由业务部门经理批准" in text
    assert "等“客户活动”功能" in text and "campaigns" not in text


def test_a_figure_opens_its_cases_in_the_drawer_a_page_at_a_time(office: Office, as_: Sign) -> None:
    for number in range(register.PAGE + 2):
        contact(office, "wang", office.customer(f"第{number}机械厂"))
    client = as_("han")
    assert f'hx-get="/rules/{PACK}/1.4.1/opened/?month=2026-03" hx-target="#drawer-body"' in page(
        client, f"/rules/{PACK}/"
    )
    first = page(client, f"/rules/{PACK}/1.4.1/opened/?month=2026-03", **HTMX)
    assert "<html" not in first and first.count("data-row") == register.PAGE and "page=2" in first
    assert page(client, f"/rules/{PACK}/1.4.1/opened/?month=2026-03&page=2", **HTMX).count("data-row") == 2


@pytest.mark.parametrize(
    "path",
    [
        "/rules/nothing/",
        f"/rules/{PACK}/9.9/opened/",
        f"/rules/{PACK}/1.4.1/nothing/",
        f"/rules/{PACK}/versions/9/",
        "/rules/nothing/draft/",
    ],
)
def test_what_does_not_exist_is_not_found(as_: Sign, path: str) -> None:
    response = as_("han").get(path)
    assert response.status_code == 404 and "没有" in response.content.decode()


@pytest.mark.parametrize("query", ["?month=x", "?month=2026-13", "?tab=none", "?show=none", "?month=9999-12"])
def test_nonsense_in_the_address_shows_the_plain_page(as_: Sign, query: str) -> None:
    assert as_("han").get(f"/rules/{PACK}/{query}").status_code == 200


@pytest.mark.parametrize("tab", ["parameters", "forms", "versions"])
def test_every_tab_opens_for_everybody(as_: Sign, tab: str) -> None:
    text = page(as_("wang"), f"/rules/{PACK}/?tab={tab}")
    wanted = {
        "parameters": ["备案期限", "5个工作日", "现行"],
        "forms": ["《客户基本信息表》", "未备案 → 待审核", "建档必选"],
        "versions": ["第 1 版", "起草新版"],
    }
    assert all(word in text for word in wanted[tab])


def test_a_month_filter_shows_only_clauses_with_cases(office: Office, as_: Sign) -> None:
    contact(office, "wang", office.customer())
    text = page(as_("han"), f"/rules/{PACK}/?show=cases")
    assert 'id="c-1.4.1"' in text and 'id="c-1.2.2"' not in text


def test_the_list_tells_scope_version_and_on_time_rate(office: Office, as_: Sign) -> None:
    text = page(as_("han"), "/rules/")
    assert "业务一部、业务二部" in text and "第 1 版" in text and "没有到期的" in text
    contact(office, "wang", office.customer())
    office.clock.move_to(datetime(2026, 3, 20, 9))
    assert "0%" in page(as_("han"), "/rules/")
    assert "0%" not in page(as_("zhao"), "/rules/")


# ---- drafting ------------------------------------------------------------------------------------------------------

DRAFT = {"clause": "1.4.1", "text": "备案期限缩短为三个工作日", "p_filing_period": "3个工作日"}


def test_the_owner_drafts_a_version_and_the_general_manager_lets_it_come_into_force(office: Office, as_: Sign) -> None:
    client = as_("han")
    response = client.post(f"/rules/{PACK}/draft/", DRAFT)
    assert response.status_code == 302 and response["Location"] == f"/rules/{PACK}/versions/2/"
    text = page(client, f"/rules/{PACK}/versions/2/")
    assert "草稿" in text and "备案期限" in text and "3个工作日" in text and "第1.4.1条" in text
    assert regulations().version(PACK).number == 1  # type: ignore[union-attr]
    response = client.post(f"/rules/{PACK}/versions/2/adopt/", {"since": ""})
    assert response.status_code == 302 and response["Location"].startswith("/approvals/")
    request = int(response["Location"].split("/")[2])
    assert f"/rules/{PACK}/versions/2/" in page(as_("zheng"), f"/approvals/{request}/")
    office.do("approval.move", "zheng", request=request, move="agree")
    assert regulations().version(PACK).number == 2  # type: ignore[union-attr]
    assert PackVersion.objects.get(pack=PACK, version=1).state == PackState.SUPERSEDED


def test_who_does_not_own_the_regulation_is_refused_in_four_lines(office: Office, as_: Sign) -> None:
    text = page(as_("wang"), f"/rules/{PACK}/draft/")
    assert 'data-outcome="refuse"' in text and "第1.9a条" in text and "保存草稿" not in text
    response = as_("wang").post(f"/rules/{PACK}/draft/", DRAFT)
    text = response.content.decode()
    assert (
        response.status_code == 422
        and "被拒绝的是" in text
        and "怎样可以放行" in text
        and "备案期限缩短为三个工作日" in text
    )
    assert not PackVersion.objects.filter(pack=PACK, version=2).exists()
    assert Event.objects.filter(kind="norm.refused", clause="1.9a").count() == 1


def test_a_pack_without_rules_of_its_own_is_drafted_by_its_owner_and_leaders_only(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        office.do("pack.draft", "zhao", pack="sales-files", text="改一改")
    assert "总经理" in str(refused.value.decision.findings[0].message)
    assert office.do("pack.draft", "zheng", pack="sales-files", text="改一改") == 2
    with pytest.raises(Refused):
        office.do("pack.adopt", "zhao", pack="sales-files", version=2)
    assert regulations().version("sales-files").number == 1  # type: ignore[union-attr]


def test_the_button_is_off_with_its_reason_for_who_may_not_adopt(as_: Sign) -> None:
    as_("han").post(f"/rules/{PACK}/draft/", DRAFT)
    assert 'aria-disabled="true" data-why="why-adopt"' in page(as_("wang"), f"/rules/{PACK}/versions/2/")
    assert "why-adopt" not in page(as_("han"), f"/rules/{PACK}/versions/2/")


def test_bad_values_keep_what_was_typed_and_say_what_is_wrong(as_: Sign) -> None:
    response = as_("han").post(
        f"/rules/{PACK}/draft/",
        {"clause": "1.4.1", "text": "写了很多字", "p_filing_period": "三天左右", "p_min_staff": "x"},
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert "三天左右" in text and "不是期限，请写成 5个工作日" in text and "写了很多字" in text and "不是数字" in text
    assert as_("han").post(f"/rules/{PACK}/draft/", {"text": "", "p_filing_period": "3个工作日"}).status_code == 422


def test_a_draft_sent_twice_is_one_draft(office: Office, as_: Sign) -> None:
    for _ in range(2):
        as_("han").post(f"/rules/{PACK}/draft/", {**DRAFT, "key": "once"})
    assert Event.objects.filter(kind="pack.drafted").count() == 1


def test_adopting_needs_approval_where_the_regulation_says_so(office: Office, as_: Sign) -> None:
    as_("han").post(f"/rules/{PACK}/draft/", DRAFT)
    text = page(as_("han"), f"/rules/{PACK}/versions/2/adopt/")
    assert "提交后由谁审批" in text and "郑国栋" in text
    with pytest.raises(NeedsApproval):
        office.do("pack.adopt", "han", pack=PACK, version=2)


# ---- speed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "most"), [("/rules/", 30), (f"/rules/{PACK}/", 34), (f"/rules/{PACK}/1.4.1/opened/", 29)]
)
def test_ten_times_the_cases_cost_no_more_queries(office: Office, as_: Sign, path: str, most: int) -> None:
    client = as_("han")
    contact(office, "wang", office.customer("一号机械厂"))
    few = queries(client, path)
    for number in range(10):
        contact(office, "wang", office.customer(f"第{number}机械厂"))
    assert queries(client, path) == few <= most
