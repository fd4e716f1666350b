"""接待, 撞单, the daily register and a regulation's readings and forms, as pages."""

from collections.abc import Callable

from django.test import Client

from kedang.customers.claims.models import Claim, Conflict
from kedang.customers.models import Customer
from kedang.engagement.desk.models import Reception
from kedang.kernel.norms.models import Duty, FormRecord
from kedang.kernel.tick import tick
from tests.web.conftest import HTMX, Office, queries

REGISTER = "/forms/leasing-customer-info.info_register/"
ROW = {"name": "星河餐饮", "kind": "组织", "business_type": "lease", "source": "自行开发", "intention": "非意向"}


def rows(*given: dict[str, str]) -> dict[str, str]:
    """Rows as the page sends them."""
    return {f"rows-{n}-{key}": value for n, row in enumerate(given, start=1) for key, value in row.items()}


def test_the_desk_asks_the_first_question_and_keeps_what_was_typed(
    office: Office, as_: Callable[[str], Client]
) -> None:
    desk = as_("qin")
    page = desk.get("/desk/").content.decode()
    assert "是否联系过其他招商经理" in page and "今天没有排当班" in page
    answer = desk.post("/desk/", {"visitor": "星河餐饮", "key": "a"}, headers=HTMX)
    assert answer.status_code == 422 and 'id="f-contacted-error"' in answer.content.decode()
    assert 'value="星河餐饮"' in answer.content.decode() and not Reception.objects.exists()


def test_a_newcomer_goes_to_who_is_on_duty(office: Office, as_: Callable[[str], Client]) -> None:
    office.do("roster.set", "luo", person=office["guo"].pk, day="2026-03-02")
    sent = {"contacted": "否", "visitor": "星河餐饮", "kind": "组织", "named": "不算数", "key": "a"}
    answer = as_("qin").post("/desk/", sent, headers=HTMX)
    assert answer["HX-Redirect"] == "/desk/" and Customer.objects.get().owner == office["guo"]
    page = as_("luo").get("/desk/").content.decode()
    assert "星河餐饮" in page and "郭静接待" in page and "排当班" in page
    assert "可能是同一位客户" in as_("qin").get("/desk/check/?visitor=星河餐饮").content.decode()


def test_the_desk_stands_in_the_navigation_of_whom_it_concerns(office: Office, as_: Callable[[str], Client]) -> None:
    assert 'href="/desk/"' in as_("qin").get("/").content.decode()
    assert 'href="/desk/"' not in as_("wang").get("/").content.decode()


def test_the_register_starts_with_the_lines_of_the_day_and_names_the_row_at_fault(
    office: Office, as_: Callable[[str], Client]
) -> None:
    office.do("customer.claim", "guo", name="明月茶楼", phone="13800138002", source="来电", business_type="lease")
    tick()
    guo = as_("guo")
    page = guo.get(REGISTER).content.decode()
    assert 'value="2026-03-02"' in page and 'value="明月茶楼"' in page and "从 Excel 粘贴" in page
    bad = guo.post(
        REGISTER, {"on_day": "2026-03-02", "key": "a", **rows(ROW, {**ROW, "name": "春风书店", "intention": ""})}
    )
    assert bad.status_code == 422 and 'id="f-rows-2-intention-error"' in bad.content.decode()
    assert not FormRecord.objects.exists() and Claim.objects.count() == 1
    good = guo.post(REGISTER, {"on_day": "2026-03-02", "key": "b", **rows(ROW)}, headers=HTMX)
    assert good["HX-Redirect"].startswith("/forms/record/")
    assert Duty.objects.get(norm="leasing-customer-info.daily-register", bearer=office["guo"]).state == "done"
    assert {claim.customer.name for claim in Claim.objects.all()} == {"明月茶楼", "星河餐饮"}


def test_a_row_of_presets_only_is_no_row(office: Office, as_: Callable[[str], Client]) -> None:
    sent = {"on_day": "2026-03-02", "nobody_came": "true", "key": "a", "rows-1-kind": "组织", "rows-1-name": ""}
    assert as_("guo").post(REGISTER, sent, headers=HTMX)["HX-Redirect"].startswith("/forms/record/")


def test_a_tie_is_shown_side_by_side_and_settled_by_the_head_alone(
    office: Office, as_: Callable[[str], Client]
) -> None:
    for login in ("guo", "tan"):
        office.do("customer.claim", login, name="星河餐饮", business_type="lease")
    pk = Conflict.objects.get().pk
    page = as_("luo").get(f"/conflicts/{pk}/").content.decode()
    assert page.count("同一分钟") == 2 and "郭静" in page and "谈晓" in page and "裁定后客户归认定的人" in page
    assert "等待负责人裁定" in as_("guo").get(f"/conflicts/{pk}/").content.decode()
    inbox = as_("luo").get("/").content.decode()
    assert "请裁定归属" in inbox and "/conflicts/" in inbox and "/finish/" not in inbox
    sent = {"to": str(office["tan"].pk), "reason": "先接的电话", "key": "a"}
    assert as_("guo").post(f"/conflicts/{pk}/", sent, headers=HTMX).status_code == 422
    assert (
        as_("luo").post(f"/conflicts/{pk}/", {**sent, "key": "b"}, headers=HTMX)["HX-Redirect"] == f"/conflicts/{pk}/"
    )
    assert Customer.objects.get().owner == office["tan"]
    # Who lost may still say why it is his; who won and the head have nothing to say.
    link = f"/customers/{Customer.objects.get().pk}/do/customer.contest/"
    assert [link in as_(each).get(f"/conflicts/{pk}/").content.decode() for each in ("guo", "tan", "luo")] == [
        True, False, False
    ]  # fmt: skip
    assert as_("wang").get(f"/conflicts/{pk}/").status_code == 404


def test_the_lists_take_the_same_queries_however_many_rows(office: Office, as_: Callable[[str], Client]) -> None:
    def more(start: int, end: int) -> None:
        for n in range(start, end):
            for login in ("guo", "tan"):
                office.do("customer.claim", login, name=f"客户{n}号店", business_type="lease")
            office.do("reception.report", "qin", contacted="否", visitor=f"来访{n}号")

    luo = as_("luo")
    more(0, 2)
    before = queries(luo, "/conflicts/?tab=all"), queries(luo, "/desk/")
    more(2, 8)
    assert (queries(luo, "/conflicts/?tab=all"), queries(luo, "/desk/")) == before


def test_a_reading_stands_beside_its_clause_for_everybody(office: Office, as_: Callable[[str], Client]) -> None:
    url = "/do/pack.interpret/?pack=leasing-customer-info&clause=3.1.4d"
    sent = {"pack": "leasing-customer-info", "clause": "3.1.4d", "text": "以当日接待归当班为准", "key": "a"}
    assert as_("luo").post(url, sent, headers=HTMX).status_code == 422
    as_("admin").post(url, {**sent, "key": "b"}, headers=HTMX)
    page = as_("guo").get("/rules/leasing-customer-info/").content.decode()
    assert "以当日接待归当班为准" in page and "解释这一条" not in page


def test_a_form_out_of_use_says_which_clauses_fail(office: Office, as_: Callable[[str], Client]) -> None:
    url = "/do/form.retire/?pack=leasing-customer-info&form=customer_file"
    sent = {"pack": "leasing-customer-info", "form": "customer_file", "note": "改版", "key": "a"}
    asked = as_("admin").post(url, sent, headers=HTMX)
    assert asked.status_code == 422 and "都将失效" in asked.content.decode()
    as_("admin").post(url, {**sent, "confirmed": "yes", "key": "b"}, headers=HTMX)
    page = as_("guo").get("/rules/leasing-customer-info/?tab=forms").content.decode()
    assert "这张表已停用" in page and "3.2.2a" in page and "恢复使用" not in page


def test_who_files_a_customer_that_another_wrote_down_first_is_told_so_at_once(
    office: Office, as_: Callable[[str], Client]
) -> None:
    office.do("customer.claim", "tan", name="星河餐饮", source="来电", business_type="lease")
    office.clock.move_to(office.clock.at.replace(hour=11))
    sent = {"on_day": "2026-03-02", "key": "a", **rows(ROW)}
    answer = as_("guo").post(REGISTER, sent, follow=True).content.decode()
    assert "星河餐饮已由别人先登记，不归您" in answer
    assert Customer.objects.get().owner == office["tan"]


def test_only_who_may_decide_is_sent_to_decide(office: Office, as_: Callable[[str], Client]) -> None:
    office.do("customer.claim", "tan", name="星河餐饮", source="来电", business_type="lease")
    office.do("customer.claim", "guo", name="星河餐饮", source="来电", business_type="lease")
    assert "去裁定" in as_("luo").get("/conflicts/").content.decode()
    page = as_("guo").get("/conflicts/").content.decode()
    assert "星河餐饮" in page and "去裁定" not in page
