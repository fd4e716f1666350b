"""The form and the import reach the same decision, and say the same words at the same field, for the same rows."""

import re
from collections import Counter
from random import Random
from typing import Any

import pytest
from django.test import Client

from kedang.customers.importing.models import ImportRow
from kedang.customers.models import Customer
from kedang.web.forms import packs
from tests.importing.conftest import Begin, carry_out
from tests.support.company import Company

TARGETS = ["name", "kind", "credit_code", "phone", "address", "nature", "parent_unit", "source", "contact_name", "contact_post", "contact_phone", "term-category"]  # fmt: skip
LABELS = [
    "客户名称",
    "客户性质",
    "统一社会信用代码",
    "单位电话",
    "地址",
    "企业性质",
    "主管单位",
    "来源",
    "联系人",
    "联系人职务",
    "联系人电话",
    "客户类别",
]
VALUES: dict[str, list[str]] = {
    "kind": ["组织", "组织", "", "公司", "个人"],
    "credit_code": [
        "",
        "",
        "",
        "91310000607215270Y",
        "91310000607215270X",
        "9131",
        "９１３２０５００ＭＡ１ＭＥＸＭＲ５Ｅ",
    ],
    "phone": [
        "021-62345678",
        "021-62345678",
        "",
        "62345678",
        "电话",
        "13800138000",
        "０２１－６２３４５６７８",
        "400-820-8820",
    ],
    "address": ["上海市奉贤区", "", "长" * 201, "上海市　浦东新区"],
    "nature": ["民营企业", "", "性" * 41],
    "parent_unit": ["", "市国资委", "上" * 121],
    "source": ["展会", "", "源" * 41],
    "contact_name": ["张三", "张三", "李四", "", "名" * 61],
    "contact_post": ["采购经理", "", "职" * 61],
    "contact_phone": ["13911112222", "", "139-1111-2222", "1391111222", "+86 13911112222"],
    "term-category": ["重点客户", "一般客户", "", "战略客户"],
}
NAMES = ["上海晨光文具厂", "晨", "名" * 121, "", "上海晨光文具厂有限公司"]
ROWS = 240


def rows() -> list[dict[str, str]]:
    """Good and bad rows from one seed: most have one odd value, some several."""
    random = Random(7)
    made = []
    for number in range(ROWS):
        row = {key: values[0] for key, values in VALUES.items()}
        row["name"] = f"苏州工业设备第{number}公司" if random.random() < 0.8 else random.choice(NAMES)
        for key in random.sample(list(VALUES), random.choice([0, 1, 1, 2, 3])):
            row[key] = random.choice(VALUES[key])
        made.append(row)
    return made


@pytest.fixture
def client(company: Company) -> Client:
    made = Client()
    made.force_login(company["小王"])
    return made


def by_form(client: Client, row: dict[str, str]) -> dict[str, str] | str:
    """Errors by field as the page shows them, or '' for a customer that was registered."""
    before = Customer.objects.count()
    response = client.post("/customers/new/", row)
    if response.status_code == 302:
        assert Customer.objects.count() == before + 1
        return ""
    assert response.status_code == 422
    form = response.context["form"]
    assert not form.outcome
    return dict(form.errors)


def by_import(begin: Begin, given: list[dict[str, str]]) -> list[dict[str, str] | str]:
    """The same of every row of a list."""
    batch = begin("小王", [LABELS, *[[row[key] for key in TARGETS] for row in given]])
    assert batch.layout["columns"] == {str(at): key for at, key in enumerate(TARGETS)}
    done = carry_out(batch, policy="skip")
    found = {row.line: row for row in ImportRow.objects.filter(batch=done)}
    return [said(found[line]) if line in found else {"": "blank"} for line in range(2, len(given) + 2)]


def said(row: ImportRow) -> dict[str, str] | str:
    if row.state == "created":
        return ""
    return dict(row.errors) or row.message


def _without_numbers(said: dict[str, str] | str) -> dict[str, str] | str:
    if isinstance(said, str):
        return re.sub(r"KH-\d{4}-\d{5}", "KH", said)
    return {key: re.sub(r"KH-\d{4}-\d{5}", "KH", text) for key, text in said.items()}


def test_form_and_import_decide_alike_about_two_hundred_and_forty_rows(
    company: Company, client: Client, begin: Begin
) -> None:
    from django.db import transaction

    given = rows()
    assert packs.TERM == "term-"
    with transaction.atomic():
        typed = [by_form(client, row) for row in given]
        transaction.set_rollback(True)
    loaded = by_import(begin, given)
    differ = []
    outcomes: Counter[str] = Counter()
    for row, one, other in zip(given, typed, loaded, strict=True):
        if isinstance(other, str) and isinstance(one, dict):
            # A row whose customer is here already is skipped with the words that the form says at the field.
            one = "；".join(one.values())
        # A chunk registers rows that wait for nothing first, so the other file may have got another number.
        one, other = _without_numbers(one), _without_numbers(other)
        outcomes["registered" if one == "" else "refused"] += 1
        if one != other:
            differ.append((row, one, other))
    assert differ == [], "\n".join(f"{r}\n  F {a}\n  I {b}" for r, a, b in differ)
    assert outcomes["registered"] > 60 and outcomes["refused"] > 60, outcomes


def test_the_first_check_already_says_what_the_deed_will_say(company: Company, begin: Begin) -> None:
    given = rows()
    batch = begin("小王", [LABELS, *[[row[key] for key in TARGETS] for row in given]])
    foretold: dict[int, Any] = {
        row.line: dict(row.errors) for row in ImportRow.objects.filter(batch=batch, state="bad")
    }
    carry_out(batch)
    told = {row.line: dict(row.errors) for row in ImportRow.objects.filter(batch=batch, state="failed")}
    # The deed stops at the first stage that refuses, the check says everything it can.
    skipped = set(ImportRow.objects.filter(batch=batch, state="skipped").values_list("line", flat=True))
    assert set(told) <= set(foretold)
    assert set(foretold) - set(told) <= skipped, "a customer who is here already is met before anything else"
    assert all(told[line].items() <= foretold[line].items() for line in told)
