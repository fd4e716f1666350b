"""The pages of importing: whose they are, what they say, and that nothing typed is lost."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kedang.customers.importing.models import Import, ImportRow, Stage
from kedang.customers.models import Customer
from kedang.kernel.jobs import run_pending
from kedang.kernel.ledger.models import Event
from kedang.kernel.sheets import reading
from tests.importing.conftest import HEADINGS, Begin, carry_out, workbook
from tests.importing.test_import import GOOD
from tests.support import hostile
from tests.support.company import Company, in_force

RULES = """
pack: gate
version: 1
title: 导入管理
issuer: 示例公司
effective: 2026-01-01
roles:
  head: {name: 部门经理, post: head}
  gm: {name: 总经理, post: general_manager}
clauses:
  "1": {text: 只有部门经理可以批量导入。}
  "2": {text: 撤销由总经理或导入人办理。}
norms:
  - {id: only-heads, clause: "1", kind: prohibition, action: customer.import, when: "not holds(actor, 'head')", message: 只有部门经理可以批量导入。, lift: 请经理导入}
  - {id: big-lists, clause: "1", kind: approval, action: customer.import, when: "rows > 3", route: [{role: gm}]}
  - {id: who-undoes, clause: "2", kind: prohibition, action: import.undo, when: "not holds(actor, 'gm') and (not known(importer) or actor != importer)", message: 由总经理或导入人撤销。, lift: 请他们撤销}
"""


def signed_in(company: Company, name: str) -> Client:
    made = Client()
    made.force_login(company[name])
    return made


def upload(client: Client, content: bytes, name: str = "名单.xlsx") -> Any:
    return client.post(reverse("imports"), {"file": SimpleUploadedFile(name, content), "key": "k1"})


def test_from_upload_to_result_in_five_steps(company: Company, tmp_path: Path) -> None:
    client = signed_in(company, "小王")
    done = upload(client, workbook(tmp_path / "a.xlsx", GOOD))
    batch = Import.objects.get()
    assert done.headers["Location"] == reverse("import_columns", args=[batch.pk])
    page = client.get(done.headers["Location"]).content.decode()
    assert "上海晨光文具厂" in page and "统一社会信用代码" in page
    sent = {f"column-{at}": name for at, name in batch.layout["columns"].items()} | {
        "sheet": "客户",
        "header": "1",
        "owner": company["小王"].pk,
        "unit": "",
    }
    done = client.post(reverse("import_columns", args=[batch.pk]), sent)
    assert done.headers["Location"] == reverse("import_check", args=[batch.pk])
    first = client.get(done.headers["Location"]).content.decode()
    assert "正在检查全部的行" in first and "电话号码不对" in first
    run_pending()
    assert "可以导入" in client.get(reverse("import_check", args=[batch.pk])).content.decode()
    assert "此项必填" in client.get(reverse("import_check", args=[batch.pk]) + "?tab=bad").content.decode()
    before = Customer.objects.count(), Event.objects.count()
    page = client.get(reverse("import_confirm", args=[batch.pk])).content.decode()
    assert "新建约 2 份客户档案" in page and "2 行有错误，不导入" in page
    assert (Customer.objects.count(), Event.objects.count()) == before, "trying leaves nothing"
    done = client.post(
        reverse("import_confirm", args=[batch.pk]), {"policy": "skip", "opening": "no", "go": "yes", "key": "k2"}
    )
    assert done.headers["Location"] == reverse("import", args=[batch.pk])
    run_pending()
    page = client.get(done.headers["Location"]).content.decode()
    assert "有 2 行没有导入" in page and "苏州工业设备公司" in page
    made = client.post(reverse("import_errors", args=[batch.pk]))
    assert Event.objects.filter(kind="import.fetched").count() == 1
    (tmp_path / "errors.xlsx").write_bytes(b"".join(made.streaming_content))
    found = reading.survey(tmp_path / "errors.xlsx", tmp_path / "spool")
    rows = reading.head(tmp_path / "spool", found.offsets, 9)
    assert rows[0] == ["错误原因", "导入行号（请勿改动）", *HEADINGS]
    assert rows[1][:3] == [
        "单位电话：电话号码不对，应如 13800138000 或 010-62345678转801",
        f"{batch.number}#4",
        "苏州工业设备公司",
    ]


def test_an_import_is_nobody_elses(company: Company, begin: Begin) -> None:
    batch = carry_out(begin("小王", GOOD))
    with in_force(RULES):
        other, boss = signed_in(company, "小赵"), signed_in(company, "郑总")
        for name in ("import", "import_columns", "import_check", "import_confirm", "import_undo"):
            assert other.get(reverse(name, args=[batch.pk])).status_code == 404, name
        for name in ("import_drop", "import_errors", "import_file", "import_undo"):
            assert other.post(reverse(name, args=[batch.pk])).status_code == 404, name
        assert batch.number not in other.get(reverse("imports") + "?tab=all").content.decode()
        # Who may take it back sees that it was, and its figures, but not the rows of the file.
        page = boss.get(reverse("import", args=[batch.pk])).content.decode()
        assert "撤销整次导入" in page and "苏州工业设备公司" not in page and "下载错误数据</button>" not in page
        assert batch.number in boss.get(reverse("imports") + "?tab=all").content.decode()
        for name in ("import_columns", "import_check", "import_confirm"):
            assert boss.get(reverse(name, args=[batch.pk])).status_code == 404, name
        for name in ("import_errors", "import_file"):
            assert boss.post(reverse(name, args=[batch.pk])).status_code == 404, name


def test_who_may_import_is_the_packs_to_say(company: Company, tmp_path: Path) -> None:
    with in_force(RULES):
        client = signed_in(company, "小王")
        page = client.get(reverse("imports")).content.decode()
        assert "只有部门经理可以批量导入" in page and "上传并识别" not in page
        assert upload(client, workbook(tmp_path / "a.xlsx", GOOD)).status_code == 403
        assert not Import.objects.exists()


def test_a_long_list_may_need_approval_and_then_runs_by_itself(company: Company, begin: Begin) -> None:
    from kedang.kernel.actions import perform
    from kedang.kernel.approvals.models import Ballot

    with in_force(RULES):
        batch = begin("周经理", GOOD)
        client = signed_in(company, "周经理")
        page = client.get(reverse("import_confirm", args=[batch.pk])).content.decode()
        assert "提交审批" in page
        done = client.post(
            reverse("import_confirm", args=[batch.pk]), {"policy": "skip", "opening": "no", "go": "yes", "key": "k3"}
        )
        assert "/approvals/" in done.headers["Location"]
        assert Import.objects.get(pk=batch.pk).stage == Stage.ARRANGING
        ballot = Ballot.objects.get(person=company["郑总"])
        perform("approval.vote", by=company["郑总"], ballot=ballot.pk, choice="agree") if False else _agree(
            company, ballot
        )
        run_pending()
        assert Import.objects.get(pk=batch.pk).counts["created"] == 2


def _agree(company: Company, ballot: Any) -> None:
    client = signed_in(company, "郑总")
    done = client.post(f"/approvals/{ballot.step.request_id}/agree/", {"opinion": "", "key": "k9"})
    assert done.status_code in (200, 204, 302), done.content.decode()


def test_two_columns_cannot_feed_one_and_what_was_chosen_stays(company: Company, begin: Begin) -> None:
    batch = begin("小王", GOOD)
    client = signed_in(company, "小王")
    url = reverse("import_columns", args=[batch.pk])
    done = client.post(url, {"sheet": "客户", "column-0": "name", "column-1": "name", "column-5": "source"})
    page = done.content.decode()
    assert done.status_code == 422 and "已经有一列对应到这里" in page
    assert '<option value="source" selected>' in page
    done = client.post(url, {"sheet": "客户", "column-1": "credit_code"})
    assert done.status_code == 422 and "没有哪一列对应“客户名称”" in done.content.decode()
    assert Import.objects.get(pk=batch.pk).layout["columns"]["0"] == "name"


@pytest.mark.parametrize(
    "name",
    [
        "empty.xlsx",
        "sheet-to-xfd.xlsx",
        "nested-bomb.zip",
        "page.xls",
        "encrypted.xlsx",
        "truncated.xlsx",
        "program.exe",
    ],
)
def test_a_hostile_upload_is_refused_on_the_page_and_leaves_nothing(
    company: Company, tmp_path: Path, name: str
) -> None:
    client = signed_in(company, "小王")
    path = hostile.write(tmp_path, name)
    done = upload(client, path.read_bytes(), f"../../{name}")
    page = done.content.decode()
    assert done.status_code == 422
    assert hostile.REFUSED[name][1] in page or "0 字节" in page or "选择" in page
    assert not Import.objects.exists()


def test_the_template_asks_for_what_the_packs_ask_for_and_comes_back_understood(
    company: Company, tmp_path: Path
) -> None:
    client = signed_in(company, "小王")
    made = client.get(reverse("import_template"))
    content = b"".join(made.streaming_content)
    (tmp_path / "t.xlsx").write_bytes(content)
    found = reading.survey(tmp_path / "t.xlsx", tmp_path / "spool")
    assert [one["name"] for one in found.sheets if not one["hidden"]] == ["客户", "填写说明"]
    heading = reading.head(tmp_path / "spool", found.offsets, 1)[0]
    assert heading[0] == "客户名称*" and "客户类别" in heading
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "dataValidation" in sheet and "可选项!" in sheet


def test_duplicates_are_decided_one_by_one(company: Company, begin: Begin) -> None:
    held = company.do("customer.register", "小王", name="上海晨光文具厂", phone="021-62345678")
    other = company.do("customer.register", "小李", name="宁波海纳物流有限公司", phone="0574-87654321")
    rows = [
        HEADINGS[:6],
        ["上海晨光文具厂", "", "", "", "", "上海市杨浦区"],
        ["晨光分厂", "", "021-62345678", "", "", ""],
        ["宁波海纳物流", "", "", "", "", "宁波市"],
    ]
    batch = begin("小王", rows)
    client = signed_in(company, "小王")
    page = client.get(reverse("import_check", args=[batch.pk]) + "?tab=same").content.decode()
    assert f"overwrite:{held}" in page and f"overwrite:{other}" not in page
    assert "您无权查看" in page or "宁波海纳物流有限公司" in page
    url = reverse("import_check", args=[batch.pk]) + "?tab=same"
    assert client.post(url, {"row-2": f"overwrite:{held}", "row-3": "new"}).status_code == 302
    assert client.post(url, {"row-2": "overwrite:999999"}).status_code == 422
    assert client.post(url, {"row-2": "new"}).status_code == 422
    done = carry_out(Import.objects.get(pk=batch.pk), policy="each")
    states = dict(ImportRow.objects.filter(batch=done).values_list("line", "state"))
    assert states == {2: "updated", 3: "created", 4: "skipped"}
    assert Customer.objects.get(pk=held).address == "上海市杨浦区"


def test_the_number_of_queries_of_the_history_does_not_grow_with_it(
    company: Company, begin: Begin, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(company, "小王")
    for at in range(3):
        begin("小王", [HEADINGS, [f"第{at}公司", "", "", "", "", "", "重点客户"]])
    client.get(reverse("imports"))
    with django_assert_max_num_queries(30) as few:
        client.get(reverse("imports"))
    for at in range(3, 9):
        begin("小王", [HEADINGS, [f"第{at}公司", "", "", "", "", "", "重点客户"]])
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("imports"))
