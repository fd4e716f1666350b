"""Through whose eyes and at what the dashboard looks: the reader, the scope he chose, the people in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from kedang.customers.models import DESTROYED, VOID, Customer
from kedang.customers.visibility import shown_files, within
from kedang.kernel import clock
from kedang.kernel.actions import access
from kedang.kernel.actions.access import Standing
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.owners import governs, posts_of
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.reports.home.spans import Period, Span, period_of

FEW = 500
MINE, BELOW, UNIT, ALL = "mine", "below", "unit", "all"
SCOPES = {MINE: "本人", BELOW: "下属", UNIT: "本部门", ALL: "全公司"}
UNIT_SPANS = ("本部门", "本部门及以下", "指定部门", "全部")


@dataclass(frozen=True)
class Grounds:
    """Whose duties are meant: those of people, of departments and of roles; `everybody` asks for no more."""

    everybody: bool = False
    people: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lens:
    """One reader, one scope, one period: what drives every card."""

    person: Person
    scope: str
    period: Period

    @classmethod
    def of(cls, person: Person, scope: str = "", period: str = "", first: str = "", last: str = "") -> Lens:
        """What an address names; the widest scope when it names none, 本人 for one he may not take."""
        found = cls(person, MINE, period_of(period, first, last))
        offered = found.offered
        usual = next(each for each in (ALL, BELOW, MINE) if each in offered)
        return cls(person, scope if scope in offered else usual if not scope else MINE, found.period)

    @cached_property
    def who(self) -> Standing:
        """The reader's standing, loaded once."""
        return access.standing(self.person.pk)

    @cached_property
    def governed(self) -> frozenset[str]:
        """Regulations in force of which the reader sees how everybody keeps them."""
        posts = posts_of(self.person)
        return frozenset(v.pack for v in regulations().in_force() if governs(self.person, v, posts))

    @cached_property
    def headed(self) -> frozenset[int]:
        """Departments the reader leads."""
        return frozenset(org.headed_units(self.person))

    @cached_property
    def offered(self) -> dict[str, str]:
        """The scopes that the reader's offices and access rows allow, with their names."""
        opens = {row.open for _, _, row in self.who.rows}
        allowed = {
            MINE: True,
            BELOW: bool(self.who.subordinates()),
            UNIT: bool(self.who.units) and bool(opens.intersection(UNIT_SPANS)),
            ALL: "全部" in opens or bool(self.governed),
        }
        return {key: name for key, name in SCOPES.items() if allowed[key]}

    @property
    def leads(self) -> bool:
        """Whether the reader answers for others."""
        return bool(self.who.subordinates()) or bool(self.governed)

    @property
    def query(self) -> dict[str, str]:
        """Scope and period as an address carries them."""
        return {"scope": self.scope, **self.period.query}

    # ---- people and departments ------------------------------------------------------------------------------------

    @cached_property
    def people(self) -> frozenset[int] | None:
        """Those in the scope; None for everybody."""
        if self.scope == MINE:
            return frozenset({self.person.pk})
        if self.scope == BELOW:
            return self.who.subordinates()
        if self.scope == UNIT:
            return frozenset(org.members_of(self.who.units).values_list("pk", flat=True))
        return None

    @cached_property
    def units(self) -> frozenset[int]:
        """Departments in the scope: those led for oneself, those below them, one's own."""
        if self.scope == MINE:
            return self.headed
        if self.scope == BELOW:
            return frozenset(org.unit_subtree(self.headed)) - self.headed
        return self.who.units if self.scope == UNIT else frozenset()

    # ---- conditions over rows that hang on a customer -----------------------------------------------------------------

    def scoped_files(self) -> Q:
        """Files of the scope, as a condition over Customer; who may know of them is asked apart."""
        found = ~Q(status__in=(VOID, DESTROYED))
        if self.scope == MINE:
            return found & Q(owner_id=self.person.pk)
        if self.scope == BELOW:
            return found & Q(owner_id__among=self.who.subordinates())
        return found & Q(unit_id__among=self.who.units) if self.scope == UNIT else found

    @cached_property
    def few_files(self) -> list[int] | None:
        """The files of the scope by number while they are few; None when it is wide. An engine that knows only averages
        would rather go through every file that nobody has followed up for long than through those of one person."""
        if self.people is None:
            return None
        found = Customer.objects.filter(self.scoped_files()).order_by().values_list("pk", flat=True)[: FEW + 1]
        return list(found) if len(found) <= FEW else None

    @cached_property
    def listed(self) -> Q:
        """Files that the reader may know of, as a condition over Customer."""
        return within(self.who.reach("list"))

    @cached_property
    def opened(self) -> Q:
        """Files of the scope that he opens, as a condition over what hangs on the file."""
        return along(within(self.who.reach("open")) & self.scoped_files(), "customer")

    @cached_property
    def dealt(self) -> Q:
        """Files whose dealings he sees whole, as a condition over Customer."""
        return shown_files(self.who, "deal")

    def dealings(self, prefix: str = "customer") -> Q:
        """Rows about files whose dealings he sees whole, as a condition over what hangs on the file."""
        return along(self.dealt & ~Q(status__in=(VOID, DESTROYED)), prefix)

    # ---- duties ----------------------------------------------------------------------------------------------------------

    @cached_property
    def grounds(self) -> list[tuple[str, tuple[str, ...], Grounds]]:
        """(condition on the regulation, its values, whose duties the reader sees there in this scope). Of what he does not
        look after, he sees what concerns himself and those below him."""
        packs = tuple(sorted(self.governed))
        if not packs:
            return [("1 = 1", (), self._seen())]
        return [
            (f"pack IN ({_marks(packs)})", packs, self._wanted()),
            (f"pack NOT IN ({_marks(packs)})", packs, self._seen()),
        ]

    def _wanted(self) -> Grounds:
        if self.people is None:
            return Grounds(everybody=True)
        return Grounds(people=self.people, units=self.units, roles=self._roles())

    def _roles(self) -> frozenset[str]:
        return frozenset(roles_of(self.person.pk, regulations())) if self.scope == MINE else frozenset()

    def _seen(self) -> Grounds:
        below = frozenset(org.unit_subtree(self.headed))
        allowed = self.who.subordinates() | {self.person.pk}
        people = allowed if self.people is None else self.people & allowed
        return Grounds(people=people, units=below if self.people is None else self.units & below, roles=self._roles())

    @property
    def whole(self) -> tuple[str, ...]:
        """Regulations of which every duty is in scope: what is kept counted of them serves."""
        return tuple(sorted(self.governed)) if self.people is None else ()

    def duties(self, terms: str, values: Sequence[Any], *, counted: bool = True) -> QuerySet[Duty]:
        """The duties in scope of which `terms` (SQL over their own columns) hold; without those of `whole` regulations for
        whoever has counted them already.

        Each ground is a query of its own, for its own index: joined with OR, SQLite would read every duty there is.
        """
        parts, given = [], []
        for which, packs, ground in self.grounds:
            for condition, held in _conditions(ground) if counted or not ground.everybody else ():
                parts.append(f"SELECT id FROM {TABLE} WHERE {which} AND {condition} AND {terms}")  # noqa: S608
                given += [*packs, *held, *values]
        if not parts:
            return Duty.objects.none()
        return Duty.objects.filter(pk__in=RawSQL(" UNION ALL ".join(parts), given))  # noqa: S611  (values are bound)


TABLE = Duty._meta.db_table


def _conditions(ground: Grounds) -> list[tuple[str, list[Any]]]:
    """The grounds as SQL, no duty under two of them."""
    if ground.everybody:
        return [("1 = 1", [])]
    people, found = sorted(ground.people), []
    if people:
        found.append((f"bearer_id IN ({_marks(people)}) AND taken_by_id IS NULL", people))
        found.append((f"taken_by_id IN ({_marks(people)})", people))
    if ground.units:
        units = sorted(ground.units)
        found.append((f"unit_id IN ({_marks(units)}) AND bearer_id IS NULL AND taken_by_id IS NULL", units))
    if ground.roles:
        roles = sorted(ground.roles)
        found.append(
            (f"role IN ({_marks(roles)}) AND bearer_id IS NULL AND unit_id IS NULL AND taken_by_id IS NULL", roles)
        )
    return found


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def moment(at: Any) -> Any:
    """An instant as the database takes it."""
    return connection.ops.adapt_datetimefield_value(at)


COUNTED = "state NOT IN ('waived', 'void')"


def due_within(span: Span) -> tuple[str, list[Any]]:
    """Duties whose deadline has passed within a span; what was waived, void or stands still was never due."""
    end = min(span.end, clock.now())
    return f"due_at >= %s AND due_at < %s AND paused_at IS NULL AND {COUNTED}", [moment(span.start), moment(end)]


def overdue() -> tuple[str, list[Any]]:
    """Duties that are open past their deadline now."""
    return "state = 'open' AND due_at < %s AND paused_at IS NULL", [moment(clock.now())]


def along(condition: Q, prefix: str) -> Q:
    """A condition over Customer as one over what leads to it: names get the prefix, the rest stays."""
    found = Q()
    found.connector, found.negated = condition.connector, condition.negated
    for child in condition.children:
        if isinstance(child, Q):
            found.children.append(along(child, prefix))
        else:
            name, value = child
            found.children.append((f"{prefix}__{name}", value))
    return found
