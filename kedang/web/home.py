"""首页: which cards there are, whom they concern, and how a person has arranged his own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from kedang.kernel.org.models import Person
from kedang.records import selectors as records
from kedang.reports.home.lens import Lens
from kedang.web.concerning import concerns, keeps_registers
from kedang.web.models import HomeSetting

MOST_QUICK = 5


@dataclass(frozen=True)
class Card:
    """One card of the dashboard; `wide` takes the whole row, `leading` is for who answers for others."""

    key: str
    label: str
    icon: str
    wide: bool = False
    leading: bool = False


CARDS: dict[str, Card] = {
    each.key: each
    for each in (
        Card("brief", "简报", "chart-bar", wide=True),
        Card("todo", "我的待办", "checklist"),
        Card("attention", "待处理", "bell"),
        Card("people", "下属逾期", "user-exclamation", leading=True),
        Card("rate", "各条款按时办结率", "shield-check"),
        Card("units", "部门逾期", "building-community", leading=True),
        Card("breaches", "新发生逾期走势", "trending-up"),
        Card("forgotten", "遗忘提醒", "clock-exclamation"),
        Card("frozen", "日报、周报、月报", "report"),
    )
}
FOR_LEADERS = ("brief", "todo", "rate", "people", "breaches", "attention", "units", "forgotten", "frozen")
FOR_STAFF = ("todo", "brief", "forgotten", "attention", "rate", "breaches", "frozen")


@dataclass(frozen=True)
class Quick:
    """One entry that a person may put on his home page."""

    key: str
    label: str
    icon: str
    url: str


def quick_offered(person: Person) -> dict[str, Quick]:
    """The entries that lead somewhere for this person."""
    found = [
        Quick("customer_new", "新建客户", "plus", reverse("customer_new")),
        Quick("check", "查重", "search", reverse("search")),
        Quick("mine", "我负责的客户", "address-book", f"{reverse('customers')}?scope=mine"),
        Quick("past", "该联系未联系", "phone-call", f"{reverse('customers')}?scope=mine&next_past=1"),
        Quick("inbox", "我的待办", "checklist", reverse("inbox")),
        Quick("approvals", "待我审批", "rubber-stamp", reverse("approvals")),
        Quick("expense", "报销", "receipt", reverse("expenses")),
        Quick("import", "导入客户", "file-import", reverse("imports")),
        Quick("rules", "制度", "book-2", reverse("rules")),
    ]
    if concerns(person, "reception.reported"):
        found.append(Quick("desk", "接待登记", "user-check", reverse("desk")))
    if concerns(person, "customer.claimed"):
        found.append(Quick("conflicts", "撞单", "scale", reverse("conflicts")))
    if keeps_registers(person):
        found.append(Quick("registers", "表单登记", "notebook", reverse("registers")))
    if records.keeps(person):
        found.append(Quick("count", "盘点", "checklist", reverse("deed_alone", args=["inventory.count"])))
    return {each.key: each for each in found}


USUAL_QUICK = ("customer_new", "check", "mine", "approvals", "count")


@dataclass(frozen=True)
class Part:
    """A card that takes the whole row, or cards in two columns; numbered as they follow one another on the phone."""

    order: int = 0
    wide: Card | None = None
    columns: tuple[tuple[tuple[int, Card], ...], ...] = ()


@dataclass(frozen=True)
class Arrangement:
    """Cards in their order, those hidden, and the quick entries of one person."""

    cards: tuple[Card, ...]
    hidden: tuple[Card, ...]
    quick: tuple[Quick, ...]
    own: bool
    """Whether he arranged them himself; else they stand as usual for his office."""

    @property
    def parts(self) -> list[Part]:
        """The page from above: cards go left and right in turn, so that a tall one leaves no hole beside it."""
        found: list[Part] = []
        waiting: list[tuple[int, Card]] = []
        for order, card in enumerate(self.cards, start=1):
            if not card.wide:
                waiting.append((order, card))
                continue
            found += [_columns(waiting)] if waiting else []
            found.append(Part(order, card))
            waiting = []
        return [*found, *([_columns(waiting)] if waiting else [])]

    @property
    def keys(self) -> list[str]:
        """The cards shown, by name."""
        return [card.key for card in self.cards]


def _columns(cards: list[tuple[int, Card]]) -> Part:
    return Part(columns=(tuple(cards[::2]), tuple(cards[1::2])))


def arrangement_of(lens: Lens) -> Arrangement:
    """How the person's home page stands; one query. Cards that came later are shown where the usual order has them."""
    kept = HomeSetting.objects.filter(person=lens.person).first()
    usual = [key for key in (FOR_LEADERS if lens.leads else FOR_STAFF) if lens.leads or not CARDS[key].leading]
    offered = quick_offered(lens.person)
    if kept is None:
        return Arrangement(_cards(usual), (), _quick(USUAL_QUICK, offered), False)
    shown = [key for key in kept.cards if key in usual]
    shown += [key for key in usual if key not in {*kept.cards, *kept.hidden}]
    hidden = [key for key in usual if key not in shown]
    return Arrangement(_cards(shown), _cards(hidden), _quick(kept.quick, offered), True)


def _cards(keys: list[str]) -> tuple[Card, ...]:
    return tuple(CARDS[key] for key in dict.fromkeys(keys))


def _quick(keys: Any, offered: dict[str, Quick]) -> tuple[Quick, ...]:
    return tuple(offered[key] for key in keys if key in offered)[:MOST_QUICK]


def arrange(lens: Lens, order: list[str], shown: list[str], quick: list[str]) -> str:
    """Keep an order, what of it is shown, and the quick entries; what is wrong in Chinese, '' when it was kept."""
    chosen = [key for key in dict.fromkeys(quick) if key in quick_offered(lens.person)]
    if len(chosen) > MOST_QUICK:
        return f"快捷入口最多 {MOST_QUICK} 个，现在选了 {len(chosen)} 个"
    known = [key for key in dict.fromkeys(order) if key in CARDS]
    if known and not set(shown) & set(known):
        return "至少留一张卡片"
    values = {
        "cards": [key for key in known if key in shown],
        "hidden": [key for key in known if key not in shown],
        "quick": chosen,
    }
    HomeSetting.objects.update_or_create(person=lens.person, defaults=values)
    return ""


def reset(person: Person) -> None:
    """Back to what is usual for his office."""
    HomeSetting.objects.filter(person=person).delete()
