"""A norm on the move into a stage, run through perform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kedang.kernel import clock
from kedang.kernel.errors import Refused
from tests.support.company import HOUSE, Company, found, in_force

PACK = (
    HOUSE
    + """
flows:
  registration:
    name: 备案状态
    stages: [{id: new, name: 未备案}, {id: checked, name: 已核对}, {id: filed, name: 已备案}]
clauses:
  "1": {text: 备案后只能由总经理退回。}
norms:
  - id: only-gm-returns
    clause: "1"
    kind: prohibition
    action: {stage: registration.new}
    when: from == '已备案' and to == '未备案' and flow == 'registration' and not holds(actor, 'gm')
    message: 已备案的客户只能由总经理退回。
"""
)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    with clock.frozen("2026-03-02 10:00"):
        made = found()
        with in_force(PACK):
            yield made


def test_the_stages_decide(company: Company) -> None:
    file = company.do("customer.register", "小王", name="上海晨光文具厂", phone="13800138000")
    for stage in ("已核对", "未备案", "已核对", "filed"):
        company.do("flow.move", "小王", customer=file, flow="registration", to=stage, opinion="补正")
    with pytest.raises(Refused) as caught:
        company.do("flow.move", "小王", customer=file, flow="registration", to="未备案", opinion="退回补正")
    (finding,) = caught.value.decision.refusals
    assert finding.clause == "1"
    assert [(leaf.label, leaf.shown) for leaf in finding.leaves[:2]] == [("原状态", "已备案"), ("新状态", "未备案")]
    company.do("flow.move", "郑总", customer=file, flow="registration", to="未备案", opinion="退回补正")
