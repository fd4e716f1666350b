"""The kernel's own actions: reading a file, granting access."""

from __future__ import annotations

from datetime import date

from kedang.kernel import clock
from kedang.kernel.actions import access, grants
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.workdays import deadlines

CUSTOMER = Field("customer", "客户", "customer", required=True)


@action(
    "file.open",
    "查阅档案",
    args=[
        CUSTOMER,
        Field("purpose", "用途", "text"),
        Field("relation", "业务关联编号", "text"),
        Field("until", "应还日", "date"),
    ],
    reads=True,
    events=("file.opened",),
)
def open_file(
    *, deed: Deed, customer: int, purpose: str | None = None, relation: str | None = None, until: date | None = None
) -> int:
    """Read a file's content; one event a person, file, purpose and hour."""
    running = access.granted_on(deed.person.pk, customer) if deed.person else []
    grant = next((each for each in running if access.READ in each.verbs), None)
    data = {
        "purpose": purpose or (grant.purpose if grant else None) or None,
        "request": grant.request if grant else None,
        "number": (grant.number or None) if grant else None,
    }
    deed.record("file.opened", file=customer, data=data)
    return customer


@action(
    "access.grant",
    "授权查阅",
    args=[
        CUSTOMER,
        Field("person", "授权给", "person", required=True),
        Field("relation", "业务关系", "text"),
        Field("until", "到期日", "date", required=True),
        Field("reason", "事由", "text"),
    ],
    needs="list",
    events=("access.granted",),
)
def grant_access(
    *, deed: Deed, customer: int, person: int, until: date, relation: str | None = None, reason: str | None = None
) -> int:
    """Let a person read a file until the end of a day; the grant's id."""
    if until < clock.today():
        raise Invalid({"until": "到期日不能早于今天。"})
    return grants.give(
        deed, customer, person, ["read"], deadlines.end_of(until), relation=relation or "", purpose=reason or ""
    ).pk
