"""The cast and the house rules."""

from collections.abc import Iterator

import pytest

from kedang.kernel import clock
from tests.support.company import HOUSE, Company, found, in_force


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    """A company at ten o'clock on Monday 2 March 2026, under the house rules."""
    with clock.frozen("2026-03-02 10:00"):
        made = found()
        with in_force(HOUSE):
            yield made


@pytest.fixture
def factory(company: Company) -> int:
    """晨光厂, a file of 小王."""
    return company.do(
        "customer.register", "小王", name="上海晨光文具厂", credit_code="91310000607215270Y", phone="13800138000",
        address="上海市奉贤区金钱公路3469号", contact_name="张三", contact_post="采购经理", contact_phone="13911112222",
    )  # fmt: skip
