"""Which file a line of the register means, and opening one when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedang.customers import identity
from kedang.customers.actions.registering import register_customer
from kedang.customers.claims.models import Likeness
from kedang.customers.identity import Match
from kedang.customers.models import VOID, Customer
from kedang.kernel.actions import Deed
from kedang.kernel.errors import Invalid
from kedang.kernel.names import normalize_name


def same_file(name: str, phone: str | None) -> Customer | None:
    """The file that this is for certain: of the very name; a like name counts only with the same phone."""
    exact = Customer.objects.filter(normalized_name=normalize_name(name)).exclude(status=VOID)
    if found := exact.order_by("pk").first():
        return found
    if not phone:
        return None
    alike = (each for each in identity.matches(phone=phone) if each.customer.status != VOID)
    wanted = normalize_name(name)
    close = (each for each in alike if identity.likeness(wanted, each.customer.normalized_name) >= identity.LIKE)
    return next((each.customer for each in close), None)


def suspects(name: str, phone: str | None) -> list[Match]:
    """Files that may be the same customer: by name, by a like name, or by phone."""
    return [each for each in identity.matches(name=name, phone=phone or "") if each.customer.status != VOID]


def open_file(deed: Deed, name: str, *, alike: list[Match] | None = None, **attributes: Any) -> Customer:
    """Open a file; the ones that look like it are noted beside it. A name that is taken gets the day behind it."""
    taken = Customer.objects.filter(normalized_name=normalize_name(name)).exclude(status=VOID).exists()
    told = f"{name}（{deed.now:%Y-%m-%d}来访）" if taken else name
    pk = register_customer(deed=deed, name=told, **attributes)
    for each in alike or ():
        Likeness.objects.create(
            customer_id=pk, other=each.customer, agrees="、".join(each.agrees)[:60], noted_at=deed.now
        )
    return Customer.objects.get(pk=pk)


def classes(given: Mapping[str, Any] | None) -> dict[str, str]:
    """Classes as the register's columns give them: those left blank are not given."""
    if given is not None and not isinstance(given, Mapping):
        raise Invalid({"terms": "应写为 {分类: 取值}"})
    return {key: str(value) for key, value in (given or {}).items() if value not in (None, "")}
