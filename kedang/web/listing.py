"""What the address of 客户列表 says: scope, search, filters, order, columns, way of showing. The address is the whole state."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from kedang.customers import selectors
from kedang.customers.selectors import conditions
from kedang.customers.selectors.columns import dropping
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.picking import pick
from kedang.web.models import ListSetting
from kedang.web.paging import FAR

LIST = "customers"
COLUMNS = {
    "number": "编号", "tags": "分类", "stages": "阶段", "owner": "负责人", "unit": "部门", "last_contact": "最后跟进",
    "next_contact": "下次联系", "pool": "距进入公海", "duties": "规则提示", "complete": "完整度", "phone": "电话", "kind": "性质",
    "status": "状态", "registered": "登记日期",
}  # fmt: skip
DEFAULT = ["number", "tags", "stages", "owner", "last_contact", "next_contact", "pool", "duties", "complete"]
SORTABLE = {"number", "owner", "unit", "last_contact", "next_contact", "registered", "pool", "complete"}
QUICK = {"overdue": "有逾期待办", "next_past": "该联系未联系"}
SIZES = (20, 50, 100)
KEPT = ("scope", "q", "term", "stage", "status", "kind", *QUICK, "adv", "sort", "cols", "show", "by", "size")
"""What a saved view keeps of an address, in this order."""
NARROWEST, WIDEST = 60, 600


def asked_of(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for, as the selector takes it; anything unknown is left out."""
    return asked_in(request.GET)


def asked_in(get: QueryDict) -> dict[str, Any]:
    """The same, of a query string from elsewhere (a saved view, the page a dialog lies over)."""
    text = get.get("q", "").strip()[:60]
    scope = get.get("scope", "")
    if scope not in selectors.SCOPES:
        scope = "all" if text else "mine"
    number = get.get("page", "")
    size = get.get("size", "")
    return {
        "scope": scope,
        "search": text,
        "filters": _filters(get),
        "sort": get.get("sort", "-updated"),
        "page": int(number) if number.isdecimal() and 0 < int(number) < FAR else 1,
        "page_size": int(size) if size.isdecimal() and int(size) in SIZES else 50,
    }


def _filters(get: QueryDict) -> dict[str, Any]:
    found: dict[str, Any] = {key: True for key in QUICK if get.get(key)}
    for key in ("status", "kind"):
        if get.get(key):
            found[key] = get[key]
    for key in ("term", "stage"):
        pairs = [value.rpartition(":") for value in get.getlist(key) if ":" in value]
        if pairs:
            found[key] = {name: value for name, _, value in pairs}
    # Read and written again: what is kept and recorded is what was understood.
    if kept := conditions.read(get.get("adv", "")).dump():
        found["adv"] = kept
    ids = [int(one) for one in get.get("ids", "").split(",") if one.isdecimal() and len(one) < 19]
    if ids:
        found["ids"] = ids
    return found


def state_of(get: QueryDict) -> str:
    """The address without what is only of the moment (page, view): what a saved view keeps, and what tells two apart."""
    kept = QueryDict(mutable=True)
    for key in KEPT:
        values = [value for value in get.getlist(key) if value]
        if values:
            kept.setlist(key, values)
    return kept.urlencode()


def replaced(get: QueryDict, **values: str) -> str:
    """The state with some of its parts replaced ('' takes one out), on its first page."""
    kept = QueryDict(state_of(get), mutable=True)
    if get.get("view"):
        kept["view"] = get["view"]
    for key, value in values.items():
        kept.pop(key, None)
        if value:
            kept[key] = value
    return kept.urlencode()


def beneath(request: HttpRequest) -> QueryDict:
    """The state of the list that a dialog lies over."""
    given = request.POST.get("state") if request.method == "POST" else None
    if given is None:
        path = getattr(getattr(request, "htmx", None), "current_url_abs_path", "") or ""
        given = path.partition("?")[2]
    return QueryDict(given[:6000])


def offered() -> dict[str, str]:
    """The columns there are: 距进入公海 only where a rule releases, 完整度 only where somebody measures."""
    left = set() if dropping() else {"pool"}
    left |= set() if "customer.completeness" in vocabulary.facts else {"complete"}
    return {key: label for key, label in COLUMNS.items() if key not in left}


def setting_of(person: Any) -> ListSetting:
    """How a person likes the list; an unsaved row where he never said."""
    for key, columns, widths in pick(ListSetting, ("id", "columns", "widths"), person_id=person.pk, name=LIST):
        return ListSetting(pk=key, person=person, name=LIST, columns=columns, widths=widths)
    return ListSetting(person=person, name=LIST)


def columns_of(get: QueryDict, setting: ListSetting) -> list[dict[str, Any]]:
    """The columns of this address, else the person's own, else the usual ones, each with the width he drew."""
    known = offered()
    wanted = get.get("cols", "").split(",") if get.get("cols") else setting.columns or DEFAULT
    names = [name for name in dict.fromkeys(wanted) if name in known] or [n for n in DEFAULT if n in known]
    widths = setting.widths or {}
    return [
        {"id": name, "label": known[name], "sortable": name in SORTABLE, "width": widths.get(name)} for name in names
    ]


def width_of(text: str) -> int | None:
    """A column's width in pixels as a page sends it; None when it is none."""
    return min(max(int(text), NARROWEST), WIDEST) if text.isdecimal() and len(text) < 6 else None
