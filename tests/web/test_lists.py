"""Working through 客户列表: groups of conditions, saved views, bulk deeds, the board, stars, the drawer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from kedang.customers import selectors
from kedang.customers.models import Collaborator, Customer, FileSummary, Star
from kedang.customers.selectors import condition_words, conditions
from kedang.kernel import clock
from kedang.kernel.actions.judging import judge_many
from kedang.kernel.jobs import Job, run_pending
from kedang.kernel.ledger.models import Event
from kedang.web.models import SavedView, ViewUse
from kedang.web.views import bulk
from tests.web.conftest import HTMX, Office, queries

As = Callable[[str], Client]
TERM = "customer-registry.category"


def page(client: Client, path: str, **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


def adv(*lines: list[str], mode: str = "all", groups: list[dict] | None = None, joined: str = "all") -> str:
    return json.dumps({"m": joined, "g": groups or [{"m": mode, "c": list(lines)}]}, ensure_ascii=False)


def found(office: Office, who: str, text: str, scope: str = "all") -> set[str]:
    rows = selectors.customer_list(office[who], scope=scope, filters={"adv": text}, page_size=100).rows
    return {row.name for row in rows}


@pytest.fixture
def three(office: Office) -> dict[str, int]:
    """甲 is 王晓芸's and spoken to, 乙 hers and classed 重点, 丙 陈思远's."""
    made = {
        "甲机械厂": office.customer("甲机械厂", address="石家庄市"),
        "乙纺织厂": office.customer("乙纺织厂", terms={"category": "key"}),
        "丙物流公司": office.customer("丙物流公司", by="chen"),
    }
    office.do("contact.record", "wang", customer=made["甲机械厂"], kind="电话", content="谈了交期")
    return made


# ---- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([["name", "has", "厂"]], {"甲机械厂", "乙纺织厂"}),
        ([["name", "hasnt", "厂"]], {"丙物流公司"}),
        ([["address", "filled"]], {"甲机械厂"}),
        ([["address", "empty"], ["name", "has", "厂"]], {"乙纺织厂"}),
        ([[f"term:{TERM}", "is", "key"]], {"乙纺织厂"}),
        ([[f"term:{TERM}", "not", "key"]], {"甲机械厂", "丙物流公司"}),
        ([["registered", "in", "today"]], {"甲机械厂", "乙纺织厂", "丙物流公司"}),
        ([["registered", "in", "yesterday"]], set()),
        ([["registered", "from", "2026-03-03"]], set()),
        ([["last_contact", "last", "30"]], {"甲机械厂"}),
        ([["last_contact", "empty"]], {"乙纺织厂", "丙物流公司"}),
        ([["contacts", "ge", "1"]], {"甲机械厂"}),
        ([["contract", "le", "0"]], {"甲机械厂", "乙纺织厂", "丙物流公司"}),
        ([["duties", "no"], ["name", "has", "厂"]], {"乙纺织厂"}),
        ([["overdue", "yes"]], set()),
        ([["starred", "yes"]], set()),
        ([["helpers", "empty"]], {"甲机械厂", "乙纺织厂", "丙物流公司"}),
    ],
)
def test_a_condition_finds_what_it_says(
    office: Office, three: dict[str, int], lines: list[list[str]], expected: set[str]
) -> None:
    assert found(office, "zhou", adv(*lines)) == expected


def test_groups_join_by_and_and_or(office: Office, three: dict[str, int]) -> None:
    boss, wang = office["zhou"], office["wang"].pk
    either = adv(["name", "has", "甲"], ["name", "has", "丙"], mode="any")
    assert found(office, "zhou", either) == {"甲机械厂", "丙物流公司"}
    both = adv(groups=[
        {"m": "any", "c": [["name", "has", "甲"], ["name", "has", "丙"]]}, {"m": "all", "c": [["owner", "is", str(wang)]]},
    ])  # fmt: skip
    assert found(office, "zhou", both) == {"甲机械厂"}
    assert (
        condition_words.words(conditions.read(both))
        == "（客户名称包含“甲” 或 客户名称包含“丙”） 且 （负责人是“王晓芸”）"
    )
    under = adv(["unit", "under", str(boss.appointments.get().unit_id)])
    assert found(office, "zhou", under) == {"甲机械厂", "乙纺织厂", "丙物流公司"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "读不出来"),
        ("[" * 3000, "读不出来"),
        (adv(["salary", "is", "1"]), "没有这个栏目"),
        (adv(["name", "last", "3"]), "不能这样比较"),
        (adv(["last_contact", "last", "三十"]), "天数应是"),
        (adv(["registered", "from", "2026-02-30"]), "没有"),
        (adv(["owner", "is", "王晓芸"]), "请从列表中选"),
        (adv(["kind", "is", "外星人"]), "没有这个取值"),
        (adv(["contract", "ge", "一百"]), "不是金额"),
        (adv(*[["name", "has", str(n)] for n in range(22)]), "最多 20 个条件"),
    ],
)
def test_a_condition_that_cannot_be_read_is_said_and_the_rest_is_kept(
    office: Office, as_: As, three: dict[str, int], text: str, said: str
) -> None:
    answer = page(as_("wang"), f"/customers/?scope=mine&adv={quote(text)}")
    assert (said in answer and "甲机械厂" in answer) or said == "最多 20 个条件"
    rest = adv(["salary", "is", "1"], ["name", "has", "乙"])
    shown = page(as_("wang"), f"/customers/?scope=mine&adv={quote(rest)}")
    assert "乙纺织厂" in shown and "甲机械厂" not in shown and "没有采用" in shown


def test_dealings_one_may_not_see_decide_nothing(office: Office, three: dict[str, int]) -> None:
    """李倩 of 业务二部 knows of 业务一部's files but sees no dealings: neither is, nor is empty, nor the order tells her."""
    everything = found(office, "li", adv(["name", "filled"]))
    assert "甲机械厂" in everything
    for lines in (
        ["last_contact", "last", "30"],
        ["last_contact", "empty"],
        ["last_contact", "filled"],
        ["contacts", "ge", "0"],
    ):
        assert found(office, "li", adv(lines)) == set()
    assert not selectors.customer_list(office["li"], filters={"next_past": True}).rows
    before = [row.name for row in selectors.customer_list(office["li"], sort="-last_contact").rows]
    office.clock.advance(timedelta(hours=1))
    office.do("contact.record", "chen", customer=three["丙物流公司"], kind="电话", content="报价")
    assert [row.name for row in selectors.customer_list(office["li"], sort="-last_contact").rows] == before


def test_the_dialog_adds_drops_and_changes_conditions_and_keeps_what_was_typed(office: Office, as_: As) -> None:
    client = as_("wang")
    form = {"state": "scope=mine&sort=name", "m": "all", "group": "g0", "g0.m": "all", "g0.line": "g0.0", "g0.0.f": "name",
            "g0.0.was": "name", "g0.0.o": "has", "g0.0.v": "机械"}  # fmt: skip
    more = client.post("/customers/filter/", {**form, "do": "add:0"}, headers=HTMX).content.decode()
    assert more.count('class="adv-line') == 2 and 'value="机械"' in more
    group = client.post("/customers/filter/", {**form, "do": "group"}, headers=HTMX).content.decode()
    assert group.count("<fieldset") == 2
    less = client.post("/customers/filter/", {**form, "do": "drop:0.0"}, headers=HTMX).content.decode()
    assert less.count('class="adv-line') == 1 and "机械" not in less
    other = client.post(
        "/customers/filter/", {**form, "g0.0.f": "registered", "do": "field"}, headers=HTMX
    ).content.decode()
    assert "最近（天）" in other and "机械" not in other
    wrong = client.post("/customers/filter/", {**form, "g0.0.v": "", "do": "apply"}, headers=HTMX)
    assert wrong.status_code == 422 and "还没有填写" in wrong.content.decode()
    done = client.post("/customers/filter/", {**form, "do": "apply"}, headers=HTMX)["HX-Redirect"]
    assert done.startswith("/customers/?scope=mine&") and "sort=name" in done and quote('["name","has","')[:6] in done


# ---- saved views -----------------------------------------------------------------------------------------------------


def save(client: Client, state: str, **more: str) -> str:
    data = {"name": "本周要跟", "audience": "own", "state": state, **more}
    answer = client.post("/customers/views/new/", data, headers=HTMX)
    return answer["HX-Redirect"] if answer.status_code == 204 else answer.content.decode()


def test_a_view_keeps_scope_filter_order_and_columns_under_a_name(
    office: Office, as_: As, three: dict[str, int]
) -> None:
    client = as_("wang")
    state = f"scope=mine&term={TERM}:key&sort=-name&cols=phone,owner&page=3"
    url = save(client, state, pin="yes")
    view = SavedView.objects.get()
    assert view.query == f"scope=mine&term={quote(TERM)}%3Akey&sort=-name&cols=phone%2Cowner"
    shown = page(client, url)
    assert "乙纺织厂" in shown and "甲机械厂" not in shown
    assert shown.index('data-col="phone"') < shown.index('data-col="owner"') and 'data-col="number"' not in shown
    assert 'aria-current="page"' in shown.split("kd-views")[1].split("</nav>")[0] and "更新“本周要跟”" not in shown
    assert "更新“本周要跟”" in page(client, url + "&overdue=1")


def test_the_default_view_is_where_the_list_begins(office: Office, as_: As, three: dict[str, int]) -> None:
    client = as_("wang")
    url = save(client, "scope=all&q=丙", begin="yes")
    assert client.get("/customers/")["Location"] == url
    assert client.get("/customers/?scope=mine").status_code == 200
    client.post(f"/customers/views/{SavedView.objects.get().pk}/end/")
    assert client.get("/customers/").status_code == 200


def test_a_shared_view_shows_everybody_his_own_rights(office: Office, as_: As, three: dict[str, int]) -> None:
    save(as_("zhou"), "scope=all&cols=phone,last_contact", audience="all", pin="yes")
    office.do("customer.update", "wang", customer=three["甲机械厂"], phone="13800138000")
    url = f"/customers/?{SavedView.objects.get().query}&view={SavedView.objects.get().pk}"
    assert "本周要跟" in page(as_("li"), "/customers/?scope=mine").split("kd-views")[1].split("</nav>")[0]
    seen = page(as_("li"), url)
    assert "甲机械厂" in seen and "13800138000" not in seen and "谈了交期" not in seen
    assert "13800138000" in page(as_("zhou"), url)
    assert "甲机械厂" not in page(as_("zhao"), url)


def test_a_view_shared_with_a_department_is_nobody_elses(office: Office, as_: As) -> None:
    save(as_("zhou"), "scope=all", audience="unit")
    pk = SavedView.objects.get().pk
    assert "本周要跟" in page(as_("wang"), "/customers/?scope=mine") and "本周要跟" not in page(
        as_("li"), "/customers/?scope=mine"
    )
    assert as_("li").post(f"/customers/views/{pk}/pin/").status_code == 404
    as_("wang").post(f"/customers/views/{pk}/pin/")
    assert ViewUse.objects.get(pinned=True).person == office["wang"]


def test_only_its_owner_renames_updates_or_deletes_a_view(office: Office, as_: As) -> None:
    save(as_("zhou"), "scope=all", audience="all")
    pk = SavedView.objects.get().pk
    for what in ("delete", "update"):
        assert as_("wang").post(f"/customers/views/{pk}/{what}/").status_code == 404
    assert as_("wang").post(f"/customers/views/{pk}/", {"name": "改", "audience": "own"}).status_code == 404
    owner = as_("zhou")
    owner.post(f"/customers/views/{pk}/", {"name": "全部客户", "audience": "own"})
    owner.post(f"/customers/views/{pk}/update/", {"state": "scope=pool"})
    view = SavedView.objects.get()
    assert (view.name, view.audience, view.query.split("&")[0]) == ("全部客户", "own", "scope=pool")
    owner.post(f"/customers/views/{pk}/delete/")
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_or_with_one_used_already_is_said_at_the_field(office: Office, as_: As) -> None:
    client = as_("wang")
    assert "1 到 20 个字" in save(client, "scope=mine", name=" ")
    save(client, "scope=mine")
    again = save(client, "scope=all")
    assert "您已有名为“本周要跟”的视图" in again and 'value="本周要跟"' in again and SavedView.objects.count() == 1


# ---- stars, tabs, columns ------------------------------------------------------------------------------------------------


def test_a_star_is_ones_own_and_asking_twice_changes_nothing(office: Office, as_: As, three: dict[str, int]) -> None:
    client, pk = as_("wang"), three["丙物流公司"]
    for _ in range(2):
        answer = client.post(f"/customers/{pk}/star/", {"on": "yes"}, headers=HTMX)
        assert 'aria-pressed="true"' in answer.content.decode()
    assert Star.objects.count() == 1 and "丙物流公司" in page(client, "/customers/?scope=starred")
    assert "还没有关注的客户" in page(as_("chen"), "/customers/?scope=starred")
    client.post(f"/customers/{pk}/star/", {"on": "no"}, headers=HTMX)
    assert not Star.objects.exists()
    assert as_("zhao").post(f"/customers/{pk}/star/", {"on": "yes"}).status_code == 404


def test_a_width_somebody_drew_is_kept_for_him_and_nonsense_is_not(
    office: Office, as_: As, three: dict[str, int]
) -> None:
    client = as_("wang")
    client.post("/customers/columns/", {"widths": "yes", "w-owner": "144", "w-number": "9999", "w-unit": "abc"})
    shown = page(client, "/customers/?scope=mine")
    assert 'data-col="owner" data-width="144"' in shown and 'data-col="number" data-width="600"' in shown
    client.post("/customers/columns/", {"column": ["owner"], "reset": "yes"})
    assert "data-width=" not in page(client, "/customers/?scope=mine")


def test_the_rule_icon_opens_what_is_due_with_its_clause(office: Office, as_: As, three: dict[str, int]) -> None:
    shown = page(as_("wang"), f"/customers/{three['甲机械厂']}/duties/")
    assert "条</span>" in shown and "甲机械厂" in shown
    assert as_("li").get(f"/customers/{three['甲机械厂']}/duties/").status_code == 404


def test_checking_for_duplicates_does_not_leave_the_list_and_is_on_record(
    office: Office, as_: As, three: dict[str, int]
) -> None:
    answer = as_("wang").post("/customers/recheck/", {"q": "甲机械"}, headers=HTMX).content.decode()
    assert "甲机械厂" in answer and "<html" not in answer
    assert Event.objects.filter(kind="customer.searched").count() == 1
    assert "请至少输入两个字" in as_("wang").post("/customers/recheck/", {"q": "甲"}).content.decode()


@pytest.mark.parametrize("path", ["?scope=mine&sort=-last_contact", f"?scope=all&adv={quote(adv(['last_contact', 'empty'], ['duties', 'yes']))}",
                                  "?scope=all&show=board", "?scope=starred", "?scope=all&cols=complete,pool,duties"])  # fmt: skip
def test_more_rows_cost_no_more_queries_in_any_way_of_showing(office: Office, as_: As, path: str) -> None:
    client = as_("wang")
    for number in range(5):
        office.customer(f"第{number}机械厂")
    few = queries(client, f"/customers/{path}", **HTMX)
    for number in range(5, 25):
        office.customer(f"第{number}机械厂")
    # A lane that is full is counted: one query more, whatever it counts.
    assert queries(client, f"/customers/{path}", **HTMX) <= few + ("board" in path) <= 36


# ---- bulk ------------------------------------------------------------------------------------------------------------


def bar(client: Client, ids: list[int], **more: str) -> str:
    data = {"ids": ",".join(map(str, ids)), "state": "scope=all", **more}
    return client.post("/customers/picked/", data, headers=HTMX).content.decode()


def do(client: Client, action: str, ids: list[int], **more: str) -> str:
    data = {"ids": ",".join(map(str, ids)), "go": "yes", "state": "scope=all", "key": "one", **more}
    answer = client.post(f"/customers/bulk/{action}/", data, headers=HTMX)
    return answer["HX-Redirect"] if answer.status_code == 204 else answer.content.decode()


def test_the_bar_greys_with_its_clause_what_no_row_allows(office: Office, as_: As, three: dict[str, int]) -> None:
    own = bar(as_("wang"), [three["甲机械厂"], three["丙物流公司"]])
    assert "已选中" in own and 'hx-post="/customers/bulk/customer.transfer/"' in own
    others = bar(as_("wang"), [three["丙物流公司"]])
    assert 'data-why="why-bulk-customer-transfer"' in others and "第3条" in others
    assert bar(as_("zhao"), [three["丙物流公司"]]) == ""


def test_the_step_before_says_how_many_may_and_why_not(office: Office, as_: As, three: dict[str, int]) -> None:
    shown = as_("wang").post(
        "/customers/bulk/customer.transfer/", {"ids": ",".join(map(str, three.values()))}, headers=HTMX
    )
    text = " ".join(shown.content.decode().split())
    assert (
        "<dt>可以办</dt>" in text
        and '<dd class="num">2 份</dd>' in text
        and '<span class="num red">1</span> 份' in text
        and "第3条" in text
    )
    assert not Event.objects.filter(kind__in=("customer.transferred", "norm.refused")).exists()


def test_each_row_is_a_deed_of_its_own_and_its_outcome_is_told(office: Office, as_: As, three: dict[str, int]) -> None:
    client = as_("wang")
    url = do(client, "customer.transfer", list(three.values()), to=str(office["chen"].pk), reason="换线")
    shown = page(client, url)
    assert Customer.objects.filter(owner=office["chen"]).count() == 3
    assert Event.objects.filter(kind="customer.transferred").count() == 2
    assert (
        shown.count('class="tag green">办成') == 2 and shown.count('class="tag red">被拒绝') == 1 and "第3条" in shown
    )
    assert "甲机械厂" in shown and as_("chen").get(url).status_code == 404
    only = page(client, f"{url}?only=refused")
    assert "丙物流公司" in only and "甲机械厂" not in only


def test_a_double_click_runs_the_rows_once(office: Office, as_: As, three: dict[str, int]) -> None:
    client, ids = as_("wang"), [three["甲机械厂"], three["乙纺织厂"]]
    args = {"person": str(office["chen"].pk), "access": "读写"}
    first, second = (do(client, "customer.add_collaborator", ids, **args) for _ in range(2))
    assert first == second and Job.objects.count() == 1 and Collaborator.objects.count() == 2
    removed = do(client, "customer.remove_collaborator", ids, key="two", person=str(office["chen"].pk))
    assert page(client, removed).count("办成</span>") == 2 and not Collaborator.objects.filter(until=None).exists()


def test_a_release_asks_its_reason_before_any_row_is_touched(office: Office, as_: As, three: dict[str, int]) -> None:
    client, ids = as_("wang"), [three["甲机械厂"]]
    assert "此项必填" in do(client, "customer.release", ids) and not Job.objects.exists()
    assert page(client, do(client, "customer.release", ids, reason="客户停产")).count("办成</span>") == 1
    assert Customer.objects.get(pk=ids[0]).owner is None


def test_many_rows_run_in_the_background_over_everything_the_filter_finds(
    office: Office, as_: As, three: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    client = as_("wang")
    url = do(client, "customer.classify", [], all="yes", state="scope=mine", value=f"{TERM}:target")
    job = Job.objects.get()
    assert job.state == "queued" and job.total == 2 and "排队中" in page(client, url)
    run_pending()
    assert page(client, url).count("办成</span>") == 2
    assert found(office, "wang", adv([f"term:{TERM}", "is", "target"])) == {"甲机械厂", "乙纺织厂"}


def test_files_outside_ones_list_are_left_out_as_if_they_were_not(
    office: Office, as_: As, three: dict[str, int]
) -> None:
    secret = office.customer("安康医院", by="zhao")
    client = as_("wang")
    shown = page(client, do(client, "customer.transfer", [secret, three["甲机械厂"]], to=str(office["chen"].pk)))
    assert "安康医院" not in shown and Customer.objects.get(pk=secret).owner == office["zhao"]
    assert client.post("/customers/bulk/customer.void/", {"ids": "1"}).status_code == 404


def test_judging_many_says_of_each_what_its_deed_will_meet(office: Office, three: dict[str, int]) -> None:
    rows = [{"customer": pk, "to": office["chen"].pk} for pk in [*three.values(), 99999]]
    told = judge_many("customer.transfer", rows, by=office["wang"])
    assert (told.total, told.allowed, told.refused, told.not_found) == (4, 2, 1, 1)
    assert not told.hopeless and not Event.objects.filter(kind="norm.refused").exists()


def test_chosen_rows_alone_go_out(office: Office, as_: As, three: dict[str, int]) -> None:
    client = as_("wang")
    assert f"scope=mine&amp;ids={three['甲机械厂']}" in bar(client, [three["甲机械厂"]], state="scope=mine")
    answer = client.post(f"/customers/export/?scope=mine&ids={three['甲机械厂']}", {"purpose": "例会", "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "甲机械厂" in text and "乙纺织厂" not in text


# ---- board -----------------------------------------------------------------------------------------------------------


def test_the_board_has_a_lane_a_class_with_capped_counts(office: Office, as_: As, three: dict[str, int]) -> None:
    shown = page(as_("wang"), "/customers/?scope=all&show=board")
    for lane in ("潜在客户", "重点客户", "目标客户", "一般客户"):
        assert f">{lane}</a>" in shown
    assert shown.count("data-card=") == 3
    stages = page(as_("wang"), "/customers/?scope=all&show=board&by=stage:customer-registry.registration")
    assert ">未备案</a>" in stages and stages.count("data-card=") == 3


def test_moving_a_card_is_the_deed_and_a_refusal_is_explained(office: Office, as_: As, three: dict[str, int]) -> None:
    client, move = as_("wang"), {"by": f"term:{TERM}", "to": "key", "key": "m1"}
    told = Event.objects.filter(kind="customer.classified", file=three["甲机械厂"])
    before = told.count()
    for _ in range(2):
        assert client.post(f"/customers/{three['甲机械厂']}/move/", move, headers=HTMX).status_code == 204
    assert told.count() == before + 1
    refused = client.post(f"/customers/{three['丙物流公司']}/move/", {**move, "key": "m2"}, headers=HTMX)
    assert (
        refused.status_code == 403
        and refused["HX-Retarget"] == "#why-body"
        and "条款与原文" in refused.content.decode()
    )
    assert client.post(f"/customers/{three['甲机械厂']}/move/", {**move, "to": "void", "key": "m3"}).status_code == 404
    assert as_("zhao").post(f"/customers/{three['甲机械厂']}/move/", {**move, "key": "m4"}).status_code == 404


# ---- drawer ----------------------------------------------------------------------------------------------------------


def test_a_contact_written_in_the_drawer_comes_back_into_it(office: Office, as_: As, three: dict[str, int]) -> None:
    client, pk = as_("wang"), three["甲机械厂"]
    answer = client.post(f"/customers/{pk}/compose/?peek=1", {"kind": "电话", "content": "第二次"}, headers=HTMX)
    assert answer["HX-Retarget"] == "#drawer-body" and "第二次" in answer.content.decode()
    assert "changed" in answer["HX-Trigger"] and "HX-Redirect" not in answer
    whole = client.post(f"/customers/{pk}/compose/", {"kind": "电话", "content": "第三次"}, headers=HTMX)
    assert whole["HX-Redirect"] == f"/customers/{pk}/"


def test_the_drawer_leaves_the_address_of_the_list_alone(office: Office, as_: As, three: dict[str, int]) -> None:
    client, pk = as_("wang"), three["甲机械厂"]
    assert "hx-push-url" not in page(client, f"/customers/{pk}/?peek=1", **HTMX)
    assert "hx-push-url" in page(client, f"/customers/{pk}/")


def test_the_span_of_a_relative_date_follows_the_clock(office: Office) -> None:
    with clock.frozen("2026-03-31 10:00"):
        assert [str(day) for day in conditions.span("in", "quarter")] == ["2026-01-01", "2026-03-31"]
        assert [str(day) for day in conditions.span("in", "last_month")] == ["2026-02-01", "2026-02-28"]
        assert [str(day) for day in conditions.span("in", "week")] == ["2026-03-30", "2026-04-05"]
        assert [str(day) for day in conditions.span("last", 30)] == ["2026-03-02", "2026-03-31"]
        assert conditions.span("older", 30)[1] == clock.today() - timedelta(days=31)


def test_completeness_is_filtered_and_sorted_by_who_may_open_the_file(office: Office, three: dict[str, int]) -> None:
    FileSummary.objects.filter(pk=three["甲机械厂"]).update(completeness=80)
    assert found(office, "zhou", adv(["complete", "ge", "80"])) == {"甲机械厂"}
    assert found(office, "li", adv(["complete", "ge", "0"])) == set()
    row = next(row for row in selectors.customer_list(office["zhou"], sort="-complete").rows if row.completeness)
    assert (row.name, row.completeness) == ("甲机械厂", 80)
    assert {row.completeness for row in selectors.customer_list(office["li"]).rows} == {None}


def test_who_owns_nothing_begins_with_what_he_may_see(office: Office, as_: Callable[[str], Client]) -> None:
    assert as_("he").get("/customers/").status_code == 200, "nothing is there for anybody"
    office.customer()
    assert as_("he").get("/customers/")["Location"] == "/customers/?scope=all"
    assert "晨光精密机械厂" in page(as_("wang"), "/customers/")
