"""The shape of the seven kinds of norms (see `schema`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kedang.kernel.norms.schema_parts import Clause, EffectKind, Expr, HolidayRule, Route, Strict

# ---- norms ----------------------------------------------------------------------------------------------------


class Trigger(Strict):
    """What opens or closes something: an event, the filing of a form, or a state of affairs."""

    event: str | list[str] | None = None
    form: str | None = None
    state: Expr | None = None
    where: Expr | None = None
    once_per: str | None = None
    for_each: Expr | None = None
    for_: str | None = Field(default=None, alias="for")
    by: str | None = None
    at: Literal["asked", "executed"] = "executed"
    count: int | str = 1


class Grace(Strict):
    until: str
    day: Literal["same", "next", "next_workday"] = "next"
    needs: Literal["reason", "nothing"] = "reason"
    clause: Clause = ""


class Before(Strict):
    """Due some time before a day that the case itself names: {event: planned_on, n: 2 working_days}."""

    event: Expr
    """An expression giving a date or an instant, or the name of a data key of the opening event."""
    n: str
    """A duration or the name of a parameter."""


class Window(Strict):
    """Not before one day and not after another, both as `on` names days."""

    from_: str = Field(alias="from")
    to: str
    at: str | None = None
    """A clock time on the last day, or the name of a parameter."""


class Extend(Strict):
    """The bearer (and his superior, where it says so) may move the due time, this often and this far."""

    times: int | str = 1
    """A number or the name of a parameter."""
    each: str
    total: str | None = None
    """The most that all extensions together may add to the original due time."""
    superior: bool = False
    """Whether a superior of the bearer may extend too, then also after the due time."""
    clause: Clause = ""


class Due(Strict):
    within: str | None = None
    """A duration (`5 working_days`) or the name of a parameter."""
    at: str | None = None
    """A clock time (`17:30`) or the name of a parameter."""
    day: Literal["same", "next"] = "same"
    on: str | None = None
    """month_end, quarter_end, `day 3 of next month`, `01-31`, or an expression of type date."""
    holiday: HolidayRule | None = None
    grace: Grace | None = None
    from_: Expr | None = Field(default=None, alias="from")
    """What the period counts from when that is not the opening event's occurred_at."""
    before: Before | None = None
    window: Window | None = None
    extend: Extend | None = None
    pause: str | list[str] | None = None
    """Kinds of events on the file after which the clock of its open duties stands still …"""
    resume: str | list[str] | None = None
    """… and those with which it goes on; the due time moves by the time between."""
    clause: Clause = ""


class NormBase(Strict):
    id: str
    clause: Clause
    when: Expr | None = None
    reading: str = ""
    overrides: list[str] = []
    stricter: Literal["longer", "shorter", "more_approvers"] | None = None
    """Where another regulation in force says something else on the same matter: which of the two holds."""
    message: str = ""
    name: str = ""


class OutsideBearer(Strict):
    """Somebody outside the company must act; a role of the pack reports that he did."""

    outside: str
    """`customer`, or the party in Chinese: 供应商."""
    reported_by: str


class DutyNorm(NormBase):
    kind: Literal["duty"]
    opens: Trigger
    bearer: Expr | OutsideBearer = "event.actor"
    follow: Literal["owner", "none"] = "none"
    bearers: Literal["all", "any", "first"] = "any"
    done: Trigger
    due: Due = Due()
    remind: list[str] = []
    void_when: Expr | None = None
    closes: Literal["oldest", "all"] = "oldest"
    if_missing: Literal["pass", "review"] | None = None
    """When a fact is missing and the condition cannot be decided nothing is opened; `review` also asks somebody to look."""


class TableEvery(Strict):
    table: str
    values: dict[str, str]
    since: Literal["period", "last_done"] = "period"


class ExprEvery(Strict):
    """A period that a form or a table gives: an expression over `file` with a period's name, or no value for none."""

    of: Expr


class ScheduleNorm(NormBase):
    kind: Literal["schedule"]
    every: str | TableEvery | ExprEvery
    """workday, day, week, month, quarter, half_year, year, or the name of a period parameter."""
    for_each: str
    """`holder of ROLE`, `file`, `unit of ROLE`, `person` or `company`; a condition may follow: `file where …`."""
    where: Expr | None = None
    """Of whom it is asked at all; the same as `for_each: … where`."""
    bearer: Expr | OutsideBearer = "each"
    follow: Literal["owner", "none"] = "owner"
    done: Trigger
    due: Due = Due()
    remind: list[str] = []
    void_when: Expr | None = None
    closes: Literal["oldest", "all"] = "oldest"
    if_missing: Literal["pass", "review"] | None = None
    """When a fact is missing and the condition cannot be decided nothing is opened; `review` also asks somebody to look."""


ActionRef = str | dict[str, str]
"""An action's name, or {form: id} for the filing of one form, or {stage: flow.stage} for a move into a stage."""


class ProhibitionNorm(NormBase):
    kind: Literal["prohibition"]
    action: ActionRef | list[ActionRef]
    effect: EffectKind = "refuse"
    lifted_by: str | None = None
    """A route whose agreement lets the deed pass once."""
    lift: str = ""
    """What would lift it, for the person refused."""
    ask: str | None = None
    """Role or expression naming whom to ask."""
    field: str | None = None
    """Argument or form field at which the message is also shown."""
    if_missing: Literal["refuse", "pass", "review"] | None = None


class GrantSpec(Strict):
    verbs: list[Literal["read", "copy", "print", "export"]] | Literal["asked"] = ["read"]
    """What may be done; `asked`: the one thing that was asked for (查阅 and 复制导出 are asked apart). To print and to
    export is to copy."""
    range: Literal["whole", "asked"] = "whole"
    """The whole file or register, or the fields and days that were asked for."""
    lasts: str | None = None
    """A duration, the name of a parameter, or `asked`: up to the day that was asked for."""
    until: Expr | None = None
    max: str | None = None
    """The longest that may be asked for: a duration or the name of a parameter."""

    @property
    def given(self) -> frozenset[str]:
        """read, copy; empty for what is asked."""
        named = () if self.verbs == "asked" else self.verbs
        return frozenset("read" if each == "read" else "copy" for each in named)


class ApprovalNorm(NormBase):
    kind: Literal["approval"]
    action: ActionRef | list[ActionRef]
    route: str | Route
    then: Literal["run", "grant"] = "run"
    grant: GrantSpec | None = None
    batch: bool = False
    """Approvers may agree to many such requests at once from the list."""
    fallback: bool = False
    """Asked only where no other approval says who decides."""
    if_missing: Literal["refuse", "pass", "review"] | None = None


class AssignmentNorm(NormBase):
    kind: Literal["assignment"]
    event: str
    choose: Expr
    by: list[str] = []
    tie: dict[str, str] | None = None
    do: str


class Absent(Strict):
    event: str | list[str]
    for_: str = Field(alias="for")
    since: Expr | None = None
    valid: Expr | None = None


class LadderStep(Strict):
    on_day: int
    """Days after the anchor; below zero, days before it."""
    do: list[dict[str, Any]] | dict[str, Any]


class Ladder(Strict):
    anchor: Expr
    steps: list[LadderStep]
    stop_when: Expr | None = None


class ConsequenceNorm(NormBase):
    kind: Literal["consequence"]
    breach: str | list[str] | None = None
    event: str | list[str] | None = None
    form: str | None = None
    absent: Absent | None = None
    every: str | None = None
    ladder: Ladder | None = None
    for_each: str | None = None
    where: Expr | None = None
    warn: str | None = None
    do: list[dict[str, Any]] = []
    if_missing: Literal["pass", "review"] | None = None


class TableRow(Strict):
    when: Expr | None = None
    otherwise: bool = False
    give: Any


class ComputationNorm(NormBase):
    kind: Literal["computation"]
    gives: str
    args: dict[str, str] = {}
    rounding: Literal["half_up", "down", "up"] = "half_up"
    table: list[TableRow] = []
    formula: Expr | None = None


Norm = Annotated[
    DutyNorm | ScheduleNorm | ProhibitionNorm | ApprovalNorm | AssignmentNorm | ConsequenceNorm | ComputationNorm,
    Field(discriminator="kind"),
]
