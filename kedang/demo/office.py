"""What happens in any office: somebody leaves, one types for another, entries are put right, colleagues ask to read."""

from __future__ import annotations

from collections.abc import Iterable

from kedang.demo.leasing import PACK, Leasing
from kedang.demo.registry import Registry
from kedang.demo.story import Story
from kedang.kernel.approvals.models import Request, RequestStatus
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Acknowledgement
from kedang.kernel.org.models import Handover, Person

LEAVER, SUPERIOR, HEIR, ADMIN = "lv", "sun", "li", "admin"
CLERK, SPOKEN_FOR = "xu", "wang"
SIGNS_LATE = "tan"
"""Who has not signed the regulation yet."""


class Office:
    """Deeds that no regulation of customers asks for."""

    def __init__(self, story: Story, registry: Registry, leasing: Leasing) -> None:
        self.story, self.registry, self.leasing = story, registry, leasing
        self.held: list[int] = []

    def plan(self) -> None:
        """The leaving in the last week, the rest over the last month."""
        story = self.story
        story.plan(story.moment(story.first, 9), self._files_of_leaver)
        story.plan(story.moment(story.day(5), 16), self._takes_along)
        story.plan(story.moment(story.day(4), 9), self._leaves)
        story.plan(story.moment(story.day(3), 10), self._begins_handover)
        for back in (11, 7, 4, 2, 1):
            story.plan(story.moment(story.day(back), 17), self._types_for_another)
        for back in (9, 3):
            story.plan(story.moment(story.day(back), 16), self._puts_right)
        for number in range(4):
            story.plan(story.moment(story.day(1), 10 + number), self._asks_to_read)
        story.plan(story.moment(story.day(2), 9), self._is_let_read)
        # The evening of the day on which they were asked, and of the two after it.
        for days in (1, 2, 3):
            day = story.calendar.add_workdays(self.leasing.since, days)
            story.plan(story.moment(day, 17), lambda days=days: self._sign(days))  # type: ignore[misc]

    # ---- leaving --------------------------------------------------------------------------------------------------

    def _files_of_leaver(self) -> None:
        for number in range(6):
            file = self.registry.bring(LEAVER, ["key", "potential", "target"][number % 3])
            self.held.append(file)

    def _takes_along(self) -> None:
        self.story.do("customer.export", LEAVER, customer=self.held[0], purpose="核对报价记录")

    def _leaves(self) -> None:
        person = self.story.company[LEAVER].pk
        self.story.do("org.leave", ADMIN, person=person, on=self.story.clock.at.date(), reason="个人原因辞职")

    def _begins_handover(self) -> None:
        """Some have a receiver and two customers have been told; nobody has signed yet."""
        row = Handover.objects.filter(person=self.story.company[LEAVER]).first()
        if row is None:
            return
        files = list(row.lines.filter(file__in=self.held[:3]).values_list("pk", flat=True))
        heir = self.story.company[HEIR].pk
        self.story.do("handover.assign", SUPERIOR, person=row.person_id, receiver=heir, lines=files)
        for file in self.held[:2]:
            data = {"told_on": self.story.clock.at.date(), "told_whom": self.registry.made[file].contact}
            self.story.do("form.file", SUPERIOR, form="customer-registry.departure_notice", customer=file, data=data)

    # ---- the rest -------------------------------------------------------------------------------------------------

    def _types_for_another(self) -> None:
        """内勤 types what a salesperson has told by telephone."""
        story = self.story
        files = [file for file, login in self.registry.files.items() if login == SPOKEN_FOR]
        content = "外出拜访途中电话口述：对方确认本周内回签报价单"
        story.do(
            "contact.record", CLERK, customer=story.rng.choice(files), kind="电话", content=content,
            on_behalf_of=story.company[SPOKEN_FOR], behalf_reason="王晓芸在客户处，电话口述",
        )  # fmt: skip

    def _puts_right(self) -> None:
        """A follow-up was written into the wrong file a minute ago."""
        file, login = self.registry.some()
        self.story.do("contact.record", login, customer=file, kind="微信", content="约定下周三送样")
        entry = Event.objects.filter(kind="contact.recorded", file=file, actor=self.story.company[login])
        if found := entry.order_by("-pk").first():
            self.story.do("event.correct", login, entry=found.pk, reason="写错了客户，应记在另一家名下")

    def _is_let_read(self) -> None:
        """One may read a colleague's file, and take one along, for some days yet."""
        theirs = [
            file for file, login in self.registry.files.items() if login == "chen" and file in self.registry.filed
        ]
        until = self.story.calendar.add_workdays(self.story.until.date(), 3)
        for file, verb in zip(theirs, ("read", "copy"), strict=False):
            purpose = {"read": "陈思远休假，接替跟进", "copy": "整理联合投标资料"}[verb]
            asked = self.story.ask("file.ask", SPOKEN_FOR, customer=file, verb=verb, purpose=purpose, until=until)
            self.story.agree("zhou", asked, "同意，用后及时关闭")

    def _asks_to_read(self) -> None:
        """Colleagues ask for files that are not in the archive yet: the head may agree to several at once."""
        kept = set(Event.objects.filter(kind="record.archived").values_list("file", flat=True))
        theirs = [file for file, login in self.leasing.files.items() if login == "guo" and file not in kept]
        asker = self.story.rng.choice(["tan", "yiming"])
        asked = self._asked_already()
        free = [file for file in theirs if (file, asker) not in asked]
        if free:
            purpose, until = "同一街区招商，避免重复带看", self.story.calendar.add_workdays(self.story.until.date(), 5)
            self.story.ask("file.ask", asker, customer=free[-1], verb="read", purpose=purpose, until=until)

    def _asked_already(self) -> set[tuple[int, str]]:
        """(file, who) of requests to read that wait."""
        rows = Request.objects.filter(action="file.ask", status=RequestStatus.PENDING)
        return set(rows.values_list("file", "requester__username"))

    def _sign(self, day: int) -> None:
        """Most sign on the first two days, one still has not."""
        asked = Acknowledgement.objects.filter(pack=PACK, signed_at=None).select_related("person")
        for row in self._of_day(asked, day):
            version = {"pack": PACK, "version": row.version}
            self.story.do("pack.acknowledge", row.person.username, **version)

    def _of_day(self, rows: Iterable[Acknowledgement], day: int) -> list[Acknowledgement]:
        late = {self.story.company[SIGNS_LATE].pk}
        here = [row for row in rows if row.person_id not in late and _able(row.person)]
        return here if day == 3 else here[::2]


def _able(person: Person) -> bool:
    return person.is_active and person.left_on is None
