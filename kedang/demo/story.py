"""An agenda of deeds run in order under a held clock, with the rule clock ticking every morning."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction

from kedang.demo.company import Company
from kedang.demo.names import Names
from kedang.kernel import clock
from kedang.kernel.actions import perform, perform_read
from kedang.kernel.approvals.models import Ballot
from kedang.kernel.errors import AsksReason, NeedsApproval, Refused
from kedang.kernel.tick import tick
from kedang.kernel.workdays import calendar
from kedang.kernel.workdays.calendar import Calendar

MORNING = time(8, 0)
Deed = Callable[[], None]


class Story:
    """The company's life from its first day to now."""

    def __init__(self, company: Company, first: date, until: datetime, seed: int) -> None:
        self.company = company
        self.first = first
        self.until = until
        self.rng = Random(seed)  # noqa: S311  (the same story every time, nothing secret)
        self.names = Names(self.rng)
        self.calendar: Calendar = calendar.load()
        self.clock = clock.Frozen(clock.at_time(first, time(9)))
        self.agenda: list[tuple[datetime, int, Deed]] = []
        self.order = itertools.count()
        self.counts: Counter[str] = Counter()

    # ---- the agenda ---------------------------------------------------------------------------------------------

    def plan(self, at: datetime, deed: Deed) -> None:
        """Do this then; what lies after the story's end never happens (and so stays open)."""
        if at < self.until:
            heapq.heappush(self.agenda, (at, next(self.order), deed))

    def later(self, workdays: int, deed: Deed, hour: int | None = None) -> None:
        """Do this so many working days from now, at some moment of office hours."""
        day = self.calendar.add_workdays(self.clock.at.date(), workdays)
        self.plan(self.moment(day, hour), deed)

    def moment(self, day: date, hour: int | None = None) -> datetime:
        """A moment of office hours on a day."""
        return clock.at_time(
            day,
            time(hour if hour is not None else self.rng.choice([9, 10, 11, 13, 14, 15, 16]), self.rng.randint(0, 59)),
        )

    def some_day(self) -> date:
        """A working day of the story."""
        return self.rng.choice(self.calendar.workdays_in(self.first, self.until.date()))

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.rng.random() < probability

    # ---- running ------------------------------------------------------------------------------------------------

    def run(self, step: Callable[[date], None] | None = None) -> None:
        """Run day by day: the rule clock in the morning, then what is on the agenda. One transaction a day for speed."""
        day = self.first
        while day <= self.until.date():
            with transaction.atomic():
                self._run_day(day)
            if step:
                step(day)
            day += timedelta(days=1)

    def _run_day(self, day: date) -> None:
        self.go(min(clock.at_time(day, MORNING), self.until))
        if self.calendar.is_workday(day) or day == self.until.date():
            # What fell due on a day off is caught up on the next working day, as by a clock that had stopped.
            tick()
        evening = clock.at_time(day, time(18, 5))
        while self.agenda and self.agenda[0][0].date() <= day:
            at, _, deed = heapq.heappop(self.agenda)
            self.go(at)
            deed()
        if (day + timedelta(days=1)).day == 1 and evening < self.until:
            self.go(evening)
            tick()

    def go(self, at: datetime) -> None:
        """Put the clock there; it never goes back."""
        self.clock.move_to(max(at, self.clock.at))

    # ---- deeds --------------------------------------------------------------------------------------------------

    def do(self, action: str, login: str, /, **args: Any) -> Any:
        """Perform an action as somebody; None when it was refused or now waits for approval (that is on record)."""
        self.counts[action] += 1
        try:
            return perform(action, by=self.company[login], **args).value
        except (Refused, AsksReason):
            self.counts["refused"] += 1
        except NeedsApproval as answer:
            self.counts["asked"] += 1
            self._have_decided(answer.request)
        return None

    def read(self, login: str, file: int, purpose: str = "") -> None:
        """Open a file, as a page does."""
        self.counts["file.open"] += 1
        perform_read("file.open", by=self.company[login], customer=file, purpose=purpose)

    def ask(self, action: str, login: str, /, **args: Any) -> int:
        """Ask for what must be agreed to and leave the deciding to the story; the request's id."""
        self.counts[action] += 1
        try:
            perform(action, by=self.company[login], **args)
        except NeedsApproval as answer:
            self.counts["asked"] += 1
            return int(answer.request.pk)
        raise AssertionError(f"{action} was to be asked for")

    def agree(self, login: str, request: int, opinion: str = "同意") -> None:
        """Let somebody agree to a request that waits for him."""
        self.do("approval.move", login, request=request, move="agree", opinion=opinion)

    def day(self, back: int) -> date:
        """The working day so many working days before the story's end, not before its beginning."""
        return max(self.first, self.calendar.add_workdays(self.until.date(), -back))

    def _have_decided(self, request: Any) -> None:
        """The approvers decide in a few hours or days: mostly yes, sometimes no; now and then the paper lies there."""
        if not self.chance(0.92):
            return
        opinions = ["同意", "同意，注意保密", "同意查阅，用后及时关闭"]
        move, opinion = (
            ("agree", self.rng.choice(opinions)) if self.chance(0.8) else ("reject", "与本人业务无关，不同意")
        )
        self.later(self.rng.choice([0, 1, 1, 2]), lambda: self._vote(request.pk, move, opinion), 16)

    def _vote(self, request: int, move: str, opinion: str) -> None:
        ballot = Ballot.objects.filter(step__request=request, status="pending").select_related("person").first()
        if ballot is None:
            return
        perform("approval.move", by=ballot.person, request=request, move=move, opinion=opinion)
        if move == "agree":
            self._vote(request, move, opinion)
