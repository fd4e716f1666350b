"""同时提交: each row registers its customer and files the form; what the form lacks is said at the cells before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kedang.customers.importing.models import Import, ImportRow
from kedang.customers.importing.trying import consequences, try_out
from kedang.customers.models import Customer
from kedang.kernel.actions import perform
from kedang.kernel.jobs import run_pending
from kedang.kernel.norms.models import Duty, FormRecord
from tests.importing.conftest import Begin, carry_out
from tests.support.company import Company, in_force

FORMS = """
pack: filing
version: 1
title: 备案办法
issuer: 示例公司
effective: 2026-01-01
clauses:
  "1": {text: 建档须填写客户基本信息表，由部门经理审核。}
  "2": {text: 大客户的表须经理同意后提交。}
roles:
  head: {name: 部门经理, post: head, of: file.unit}
forms:
  basic:
    name: 客户基本信息表
    clause: "1"
    about: customer
    complete: true
    fields:
      - {id: name, name: 客户名称, binds: customer.name, required: true, clause: "1"}
      - {id: address, name: 地址, type: address, binds: customer.address, required: true, clause: "1"}
      - {id: parent, name: 主管单位, binds: customer.parent_unit, required: true, clause: "1"}
      - {id: scale, name: 规模, type: choice, values: [大, 小], required: true, clause: "1"}
norms:
  - {id: review, clause: "1", kind: duty, name: 审核, opens: {form: basic}, bearer: head, done: {event: contact.recorded, for: customer, by: anyone}, due: {within: 2 days}}
  - {id: big, clause: "2", kind: approval, action: {form: basic}, when: "scale == '大'", route: [{role: head}], then: run}
"""
QID = "filing.basic"
HEAD = ["客户名称", "地址", "规模", "主管单位"]
ROWS = [
    HEAD,
    ["甲厂", "西安市 1 号", "小", "无"],
    ["乙厂", "", "小", "机械局"],
    ["丙厂", "西安市 3 号", "中", "无"],
    ["丁厂", "西安市 4 号", "大", "无"],
]


@pytest.fixture
def rules(company: Company) -> Iterator[None]:
    with in_force(FORMS):
        yield


def results(batch: Import) -> dict[int, tuple[str, dict[str, str], str]]:
    return {row.line: (row.state, row.errors, row.message) for row in ImportRow.objects.filter(batch=batch)}


@pytest.mark.usefixtures("rules")
def test_each_row_opens_its_file_and_files_the_form_and_errors_stand_at_their_cells(begin: Begin) -> None:
    batch = begin("小王", ROWS, with_form=QID)
    place = f"with_form.{QID}.scale"
    assert {line: sorted(errors) for line, (state, errors, _) in results(batch).items() if state == "bad"} == {
        3: ["address"], 4: [place],
    }  # fmt: skip
    assert "客户基本信息表" in results(batch)[3][1]["address"]
    done = results(carry_out(batch))
    assert (done[2][0], done[2][2]) == ("created", "")
    assert done[3][0] == done[4][0] == "failed" and "此项必填" in done[3][1]["address"]
    assert done[5][0] == "created" and "《客户基本信息表》须审批" in done[5][2]
    filed = FormRecord.objects.get()
    assert filed.data["parent"] == "无", "an answer where the form must have one"
    assert (filed.data["scale"], filed.file) == ("小", Customer.objects.get(name="甲厂").pk)
    assert list(Customer.objects.order_by("name").values_list("name", flat=True)) == ["丁厂", "甲厂"]
    assert Duty.objects.get(norm="filing.review").file == filed.file


@pytest.mark.usefixtures("rules")
def test_without_the_choice_nothing_of_the_form_is_asked_or_filed(begin: Begin) -> None:
    batch = carry_out(begin("小王", ROWS))
    assert {state for state, _, _ in results(batch).values()} == {"created"}
    assert not FormRecord.objects.exists() and Customer.objects.count() == 4
    assert Customer.objects.get(name="甲厂").parent_unit == "", "nothing, where nobody asks for it"


@pytest.mark.usefixtures("rules")
def test_taking_the_import_back_takes_files_and_what_the_form_opened_along(begin: Begin, company: Company) -> None:
    batch = carry_out(begin("小王", ROWS[:2], with_form=QID))
    perform("import.undo", by=company["小王"], batch=batch.pk, importer=batch.by_id, reason="传错了表")
    run_pending()
    assert Customer.objects.get().status == "作废"
    assert Duty.objects.get(norm="filing.review").state == "void"
    assert ImportRow.objects.get(batch=batch).undone == "done"


@pytest.mark.usefixtures("rules")
def test_a_job_that_is_begun_again_files_each_form_once(begin: Begin) -> None:
    batch = begin("小王", ROWS[:2], with_form=QID)
    perform("customer.import", by=batch.by, batch=batch.pk, rows=1)
    from kedang.customers.importing import loading

    again = Import.objects.get(pk=batch.pk)
    part = list(loading.data_rows(again))
    loading.Loading(again).do(part)
    ImportRow.objects.filter(batch=batch).delete()  # a kill before the outcome was written down
    loading.Loading(again).do(part)
    assert FormRecord.objects.count() == Customer.objects.count() == 1
    assert ImportRow.objects.get(batch=batch).message == ""


@pytest.mark.usefixtures("rules")
def test_the_confirmation_says_what_comes_of_it(begin: Begin) -> None:
    batch = begin("小王", ROWS, with_form=QID)
    trial = try_out(batch, {"policy": "skip", "opening": False})
    said = "\n".join(consequences(batch, "skip", False, trial))
    assert "每一份同时提交《客户基本信息表》" in said and "“审核”" in said and "表没有交成" in said
    assert not FormRecord.objects.exists() and not Customer.objects.exists()


@pytest.mark.usefixtures("rules")
def test_the_page_offers_it_and_says_what_is_wrong_with_the_choice(begin: Begin, company: Company) -> None:
    client = Client()
    client.force_login(company["小王"])
    batch = begin("小王", ROWS)
    url = reverse("import_columns", args=[batch.pk])
    page = client.get(url).content.decode()
    assert "建档并提交《客户基本信息表》" in page and "规模（《客户基本信息表》）" in page
    typed: dict[str, Any] = {
        "column-0": "name",
        "column-1": "address",
        "column-2": f"with_form.{QID}.scale",
        "column-3": "parent_unit",
    }
    answer = client.post(url, typed)
    assert answer.status_code == 422 and "这一列只用于表单" in answer.content.decode()
    assert client.post(url, {**typed, "with_form": "filing.other"}).status_code == 422
    assert client.post(url, {**typed, "with_form": QID}).status_code == 302
    run_pending()
    batch.refresh_from_db()
    assert batch.options["with_form"] == QID and batch.checked["bad"] == 2
    shown = client.get(reverse("import_check", args=[batch.pk]) + "?tab=bad").content.decode()
    assert "此项必填（《客户基本信息表》）" in shown


def test_where_no_regulation_has_such_a_form_it_is_not_offered(begin: Begin, company: Company) -> None:
    client = Client()
    client.force_login(company["小王"])
    batch = begin("小王", ROWS[:2])
    assert "建档并提交" not in client.get(reverse("import_columns", args=[batch.pk])).content.decode()
