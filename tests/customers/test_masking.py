"""A masked group masks its attribute on every path: page, change history, edit form, export."""

from __future__ import annotations

from kedang.customers.masking import mask
from kedang.customers.selectors import change_history, customer_page
from kedang.kernel.actions import access
from kedang.kernel.files import view
from tests.support.company import HOUSE, Company, in_force

CODE, MASKED = "91350100M000100Y43", "9135**********0Y43"
CREDIT = HOUSE.replace("pack: house", "pack: credit").replace("{contact: mask, deal: hide}", "{credit: mask}")


def test_the_credit_group_masks_the_credit_code(db: None, company: Company) -> None:
    file = company.do("customer.register", "小王", name="云启科技", credit_code=CODE)
    with in_force(CREDIT):
        assert mask(CODE, "credit_code") == MASKED
        for name, shown in (("小王", CODE), ("何内勤", MASKED)):
            row = next(one for one in customer_page(company[name], file).fields if one.id == "credit_code")
            assert row.value == shown
            rights = access.field_rights(access.standing(company[name].pk), view(file), ["base", "credit", "contact"])
            changed = [line.new for line in change_history(file, rights) if line.label == "统一社会信用代码"]
            assert all(value == shown for value in changed)
