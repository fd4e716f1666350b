"""A role by post can be kept to the departments that its regulation acts in."""

from __future__ import annotations

import pytest

from kedang.kernel.actions import access
from kedang.kernel.norms import store
from kedang.kernel.norms.models import PackVersion
from kedang.kernel.norms.people import holders_of, roles_of
from kedang.kernel.norms.store import fact_store, regulations
from tests.support.company import HOUSE, found, in_force

OWN = HOUSE.replace("post: salesperson}", "post: salesperson, within: scope}")


def scoped(text: str) -> None:
    """The regulation acts in 业务一部 only."""
    PackVersion.objects.filter(pack="house").update(units=["业务一部"])
    store.touch()
    store.forget()


@pytest.mark.django_db
def test_a_salesperson_of_another_department_holds_no_role_of_a_regulation_that_keeps_to_its_own() -> None:
    company = found()
    with in_force(OWN):
        scoped(OWN)
        version = regulations().version("house")
        assert version is not None
        assert "house.sales" in roles_of(company["小王"].pk, regulations())
        assert "house.sales" not in roles_of(company["小李"].pk, regulations())
        assert holders_of(version, "sales", {}, fact_store()) == [company["小王"].pk, company["小赵"].pk]
        assert access.standing(company["小李"].pk).rows == []


@pytest.mark.django_db
def test_without_the_word_the_post_counts_wherever_it_is_held() -> None:
    company = found()
    with in_force(HOUSE):
        scoped(HOUSE)
        assert "house.sales" in roles_of(company["小李"].pk, regulations())
