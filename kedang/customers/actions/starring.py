"""customer.star: a person's own mark on a file. It leaves no event: whom somebody watches is nobody else's business."""

from __future__ import annotations

from kedang.customers.actions.owners import CUSTOMER
from kedang.customers.models import Star
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import NotFound
from kedang.kernel.fields import Field as F


@action(
    "customer.star",
    "关注",
    needs="list",
    public=False,
    args=[CUSTOMER, F("on", "关注", "bool", required=True)],
)
def star_customer(*, deed: Deed, customer: int, on: bool) -> bool:
    """Keep an eye on a file, or no longer; asking twice changes nothing."""
    if deed.by is None:
        raise NotFound()
    if on:
        Star.objects.get_or_create(person=deed.by, customer_id=customer, defaults={"at": deed.now})
    else:
        Star.objects.filter(person=deed.by, customer_id=customer).delete()
    return on
