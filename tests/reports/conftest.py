"""The cast under the house rules, with a form that measures the files and a rule on who may export."""

from collections.abc import Iterator

import pytest

from kedang.kernel import clock
from tests.support.company import HOUSE, Company, found, in_force

FINANCE = "  finance: {name: 财务, post: finance}\n"
EXPORTING = """
clauses:
  "9": {text: 本人的客户由本人导出；会计不得导出。}
forms:
  basic:
    name: 客户基本资料
    about: customer
    complete: true
    fields:
      - {id: name, name: 客户名称, type: text, binds: customer.name}
      - {id: category, name: 客户类别, type: choice, binds: term.category}
      - {id: phone, name: 联系电话, type: phone, binds: customer.phone}
      - {id: address, name: 地址, type: address, binds: customer.address}
      - {id: contact_name, name: 联系人, type: text, binds: customer.contact_name}
      - {id: opinion, name: 意见, type: text}
norms:
  - {id: who-exports, clause: "9", kind: prohibition, action: customer.export, when: "known(customer) and known(customer.owner) and actor != customer.owner and not holds(actor, 'head') and not holds(actor, 'clerk')", message: 由负责人导出。, lift: 请负责人导出, ask: customer.owner}
  - {id: no-finance, clause: "9", kind: prohibition, action: customer.export, when: "not known(customer) and holds(actor, 'finance')", message: 会计不得导出。, lift: 请部门经理导出}
"""


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    """A company at ten o'clock on Monday 2 March 2026, under the house rules."""
    with clock.frozen("2026-03-02 10:00"):
        made = found()
        with in_force(HOUSE.replace("terms:", FINANCE + "terms:") + EXPORTING):
            yield made
