"""customer.search (查重): an action because every check for duplicates is on record."""

from __future__ import annotations

from typing import Any

from kedang.customers.identity import find_duplicates
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.names import digits, fold


@action(
    "customer.search",
    "查重",
    needs="none",
    events=("customer.searched",),
    tells=True,
    args=[F("q", "名称、信用代码或电话", "text", required=True, max=120)],
)
def search_customer(*, deed: Deed, q: str) -> list[dict[str, Any]]:
    """Files that may be this customer, as far as the searcher may know; the search itself is recorded."""
    if deed.by is None:
        raise NotFound()
    folded = fold(q)
    if len(folded) < 2:
        raise Invalid({"q": "请至少输入两个字"})
    rows = find_duplicates(deed.by, **as_terms(q))
    deed.record("customer.searched", data={"hits": len(rows)}, values=[ValueDraft("q", new=q, person=deed.by.pk)])
    return rows


def as_terms(q: str) -> dict[str, str]:
    """What one box may mean: a name always, a code when it has 18 letters and digits, a phone when it has seven digits."""
    folded = fold(q)
    terms = {"name": q}
    if len(folded) == 18 and folded.isascii():
        terms["credit_code"] = folded.upper()
    if len(digits(q)) >= 7:
        terms["phone"] = q
    return terms
