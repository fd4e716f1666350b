"""档案完整度: fields and kinds by the file's class, one function for one file and for many, kept in the list's column."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kedang.customers.models import FileSummary
from kedang.kernel.actions import perform
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.errors import Refused
from kedang.kernel.norms import explain
from kedang.records import completeness, summary
from tests.records.conftest import Keeping


def classify(keeping: Keeping, value: str) -> None:
    keeping.do("customer.classify", "小王", term="keeping.deal", value=value)


def column(keeping: Keeping) -> int | None:
    return FileSummary.objects.get(customer=keeping.file).completeness


def test_it_counts_bound_fields_by_the_file_the_others_by_the_form_and_kinds_by_the_class(keeping: Keeping) -> None:
    found = completeness.of(keeping.file)
    assert (found.done, found.total, found.missing) == (3, 5, ["跟踪情况", "营业执照"])
    keeping.fill()
    assert (completeness.of(keeping.file).percent, completeness.of(keeping.file).missing) == (100, [])
    classify(keeping, "closed")
    found = completeness.of(keeping.file)
    assert (found.percent, found.missing) == (83, ["合同"])
    keeping.attach(name="合同.pdf", kind="contract")
    assert completeness.of(keeping.file).percent == 100


def test_a_voided_item_no_longer_counts(keeping: Keeping) -> None:
    item = keeping.attach(kind="licence")
    before = completeness.of(keeping.file).percent
    keeping.do("record.void_item", "小王", item=item, reason="过期")
    assert completeness.of(keeping.file).percent < before


def test_a_field_that_was_emptied_is_missing_again(keeping: Keeping) -> None:
    keeping.fill()
    keeping.do("customer.update", "小王", clear=["phone"], version=None)
    assert completeness.of(keeping.file).missing == ["联系电话"]


def test_the_column_follows_every_deed(keeping: Keeping) -> None:
    assert column(keeping) == 60
    keeping.attach(kind="licence")
    assert column(keeping) == 80
    perform(
        "form.file", by=keeping.company["小王"], form="keeping.basic", customer=keeping.file, data={"progress": "谈"}
    )
    assert column(keeping) == 100
    classify(keeping, "closed")
    assert column(keeping) == 83


def test_the_nightly_look_finds_what_differs_and_puts_it_right(keeping: Keeping) -> None:
    assert summary.look_over() == 0
    FileSummary.objects.filter(customer=keeping.file).update(completeness=7)
    assert summary.look_over() == 1
    assert (column(keeping), summary.look_over()) == (60, 0)


def test_many_files_cost_no_more_queries_than_one(keeping: Keeping) -> None:
    ids = [keeping.file]
    with CaptureQueriesContext(
        connection,
    ) as one:
        completeness.measure(ids)
    for number in range(12):
        ids.append(keeping.company.do("customer.register", "小王", name=f"第{number}商户"))
    with CaptureQueriesContext(connection) as many:
        found = completeness.measure(ids)
    assert len(many) == len(one) <= 9
    assert {file: each.percent for file, each in found.items()} == {file: completeness.of(file).percent for file in ids}


def test_archiving_an_incomplete_file_of_the_class_is_refused_with_the_list(keeping: Keeping) -> None:
    keeping.fill()
    keeping.do("record.assign_custodian", "何内勤", person=keeping.company["何内勤"].pk)
    classify(keeping, "closed")
    with pytest.raises(Refused) as error:
        keeping.do("record.archive", "何内勤")
    assert error.value.decision.clauses == ["5"]
    said = explain.explain(error.value.decision, reader=keeping.company["何内勤"].pk, rights={})
    assert "档案完整度：83%，缺：合同" in "；".join(said.facts)
    keeping.attach(name="合同.pdf", kind="contract")
    assert dry_run("record.archive", by=keeping.company["何内勤"], customer=keeping.file).verdict == "allow"
    keeping.do("record.archive", "何内勤")
