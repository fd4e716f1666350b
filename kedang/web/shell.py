"""What stands around every page: navigation with counts, who is signed in, whether the rule clock runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from kedang.kernel import clock, inbox
from kedang.kernel.jobs.worker import PULSE as WORKER
from kedang.kernel.models import Pulse
from kedang.kernel.org import selectors as org
from kedang.trade.selectors import concerned_with_expenses
from kedang.web import words
from kedang.web.concerning import concerns, keeps_registers

CAP = 99
# The clock ticks each minute; three missed ones are no hiccup.
STOPPED_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class Item:
    """One entry of the navigation."""

    name: str
    short: str
    icon: str
    url: str
    on: bool
    count: int = 0
    hot: bool = False

    @property
    def count_words(self) -> str:
        """The badge."""
        return words.capped(self.count, CAP)


ENTRIES: list[tuple[str, str, str, str]] = [
    ("home", "首页", "首页", "home"),
    ("inbox", "我的待办", "待办", "checklist"),
    ("customers", "客户", "客户", "address-book"),
    ("approvals", "审批", "审批", "rubber-stamp"),
    ("desk", "接待", "接待", "user-check"),
    ("conflicts", "撞单", "撞单", "scale"),
    ("registers", "表单登记", "登记", "notebook"),
    ("expenses", "费用", "费用", "receipt"),
    ("rules", "制度", "制度", "book-2"),
    ("proposals", "建议与裁定", "建议", "gavel"),
    ("manage", "管理", "管理", "settings"),
]
# Entries that stand there only for whom a regulation speaks of such events.
CONCERNED = {"desk": "reception.reported", "conflicts": "customer.claimed"}
PREFIXES = {"home": ("home",), "registers": ("register",), "conflicts": ("conflict",), "desk": ("desk",),
            "customers": ("customer", "form", "search"), "approvals": ("approval",), "rules": ("rules",),
            "proposals": ("proposal",), "manage": ("manage",)}  # fmt: skip


class Shell:
    """Looked up only by pages that show it, each part at most once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def counts(self) -> dict[str, tuple[int, bool]]:
        """{entry: (count, whether something is late)}."""
        numbers = inbox.counts(self.request.user)
        return {
            "inbox": (numbers.duties, numbers.late > 0),
            "approvals": (numbers.ballots, False),
            "proposals": (numbers.proposals, False),
        }

    @cached_property
    def items(self) -> list[Item]:
        """The entries of the left side."""
        return [self._item(*entry) for entry in ENTRIES if self._concerns(entry[0])]

    def _concerns(self, name: str) -> bool:
        """Whether the person has anything to do with an entry."""
        if name == "expenses":
            return concerned_with_expenses(self.request.user)
        if name == "registers":
            return keeps_registers(self.request.user)
        if name in CONCERNED:
            return concerns(self.request.user, CONCERNED[name])
        return name != "manage" or self.request.user.is_admin

    def _item(self, name: str, label: str, short: str, icon: str) -> Item:
        count, hot = self.counts.get(name, (0, False))
        return Item(label, short, icon, reverse(name), self._here(name), count, hot)

    def _here(self, name: str) -> bool:
        match = self.request.resolver_match
        own = match.url_name if match and match.url_name else ""
        return own == name or own.startswith(PREFIXES.get(name, ("\0",)))

    @cached_property
    def phone_items(self) -> list[Item]:
        """The four entries of the bar at the bottom of a phone; the fifth opens the rest."""
        new = Item("新建客户", "新建", "circle-plus", reverse("customer_new"), False)
        by_url = {item.url: item for item in self.items}
        first = [by_url[reverse(name)] for name in ("inbox", "customers", "approvals")]
        return [first[0], first[1], new, first[2]]

    @cached_property
    def post(self) -> str:
        """Unit and post of the person, as the corner of the page names them."""
        held = org.held_by(self.request.user)
        return f"{held[0].unit_name} · {held[0].post_name}" if held else "未任职"

    @cached_property
    def clock_stopped(self) -> str:
        """Since when the rule clock stands still; '' while it runs. Administrators are the ones who can start it."""
        if not self.request.user.is_admin:
            return ""
        last = self._pulses.get("tick")
        if last is not None and clock.now() - last < STOPPED_AFTER:
            return ""
        return f"{words.moment(last)} 以后没有再走" if last else "还没有启动过"

    @cached_property
    def worker_stopped(self) -> str:
        """Since when the worker stands still; '' while it runs, and before it has ever run: then the clock's line says so."""
        last = self._pulses.get(WORKER) if self.request.user.is_admin else None
        if last is None or clock.now() - last < STOPPED_AFTER:
            return ""
        return f"{words.moment(last)} 以后没有再办理"

    @cached_property
    def _pulses(self) -> dict[str, Any]:
        """When the clock and the worker last showed that they live."""
        return dict(Pulse.objects.filter(name__in=("tick", WORKER)).values_list("name", "at"))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nothing is looked up until a template asks."""
    user = getattr(request, "user", None)
    return {"shell": Shell(request)} if user is not None and user.is_authenticated else {}
