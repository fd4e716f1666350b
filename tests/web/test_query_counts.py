"""Fragments and the pages that no other module counts: sixty rows cost no more queries than ten."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.web.conftest import HTMX, Office, queries

FEW, MANY = 10, 60
OVER_MANY_FILES = [
    ("/customers/?scope=all", HTMX, 18),
    ("/customers/?scope=mine&q=机械", HTMX, 22),
    ("/customers/counts/", HTMX, 18),
    ("/search/?q=机械", HTMX, 20),
    ("/search/?q=jxc", {}, 60),
    ("/badges/", HTMX, 14),
]
OVER_ONE_FILE = ["timeline", "data", "contacts", "forms", "deals", "keeping", "changes", "owners", "log"]


@pytest.mark.parametrize(("path", "headers", "most"), OVER_MANY_FILES)
def test_sixty_files_cost_no_more_queries_than_ten(
    office: Office, as_: Callable[[str], Client], path: str, headers: dict[str, str], most: int
) -> None:
    client = as_("wang")
    _register(office, range(FEW))
    few = queries(client, path, **headers)
    _register(office, range(FEW, MANY))
    assert queries(client, path, **headers) <= few <= most


@pytest.mark.parametrize("tab", OVER_ONE_FILE)
def test_a_tab_of_a_file_with_a_long_story_costs_no_more_queries(
    office: Office, as_: Callable[[str], Client], tab: str
) -> None:
    client = as_("wang")
    customer = office.customer()
    path = f"/customers/{customer}/?tab={tab}"
    _tell(office, customer, range(2))
    few = queries(client, path, **HTMX, **{"HX-Target": "tab"})
    _tell(office, customer, range(2, 12))
    assert queries(client, path, **HTMX, **{"HX-Target": "tab"}) <= few <= 34


def _register(office: Office, numbers: range) -> None:
    for number in numbers:
        customer = office.customer(f"第{number}机械厂")
        office.do("contact.record", "wang", customer=customer, kind="电话", content="要报价单")


def _tell(office: Office, customer: int, numbers: range) -> None:
    """Contacts at the customer, contacts with it, changes, plans, contracts: rows for every tab."""
    for number in numbers:
        office.do("contact.record", "wang", customer=customer, kind="电话", content=f"第{number}次")
        office.do(
            "customer.add_contact",
            "wang",
            customer=customer,
            name=f"李{'一二三四五六七八九十百千'[number]}",
            phone=f"1380013{number:04}",
        )
        office.do("customer.update", "wang", customer=customer, address=f"人民路{number}号")
        office.do(
            "contract.register", "wang", customer=customer, name=f"合同{number}", signed_on="2026-02-01", amount=100
        )
