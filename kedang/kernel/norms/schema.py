"""The shape of a pack: what the YAML files may say (docs/packs.md explains each key by example).

These models check shape only. Names, types of expressions and relations between norms are checked by `check.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Expr = str
"""Source text of a condition or value; compiled by `expressions`."""

Clause = str | list[str]
EffectKind = Literal["refuse", "reason", "confirm", "warn"]
HolidayRule = Literal["stay", "next", "previous"]
Scalar = str | int | float | bool | date


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# ---- header ---------------------------------------------------------------------------------------------------


class Scope(Strict):
    """Where a pack acts: named units (with what lies below them) or files for which a condition holds."""

    units: list[str] = []
    where: Expr | None = None


class Role(Strict):
    """A job in the regulation. `post` (+ `unit` or `of`) names a post in the organisation; `is_` names people relative to a file."""

    name: str
    post: str | None = None
    unit: str | None = None
    """A fixed unit by name, e.g. 市场推广部."""
    of: Expr | None = None
    """The unit in which the post is held: file.unit, actor.unit …"""
    is_: Expr | None = Field(default=None, alias="is")
    """People relative to the case: file.owner, superior(file.owner), file.custodian …"""
    clause: Clause = ""


class Term(Strict):
    name: str
    clause: Clause = ""
    values: dict[str, str]
    required: bool = False
    default: str | None = None


class Parameter(Strict):
    type: Literal["duration", "number", "money", "percent", "time", "date", "text", "period", "bool"]
    clause: Clause = ""
    name: str = ""
    values: dict[date, Scalar] = {}
    reading: str = ""


# ---- clauses --------------------------------------------------------------------------------------------------


class ClauseEntry(Strict):
    text: str
    declined: str | None = None
    deferred: str | None = None
    builtin: str | list[str] | None = None
    title: str = ""
    reading: str = ""


# ---- forms and flows ------------------------------------------------------------------------------------------


class FormField(Strict):
    id: str
    name: str
    type: str = "text"
    values: list[str] | dict[str, str] | None = None
    required: bool = False
    required_when: Expr | None = None
    default: Scalar | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    personal: bool = False
    purpose: str = ""
    group: str = ""
    binds: str | None = None
    """Attribute of the subject this field reads and writes: customer.name, customer.address, or a term."""
    hint: str = ""
    clause: Clause = ""
    must: Expr | None = None
    """A condition on this form's own fields that must hold; `message` says what is wrong."""
    message: str = ""


class FormRows(Strict):
    fields: list[FormField]
    min: int = 0
    customer: str | None = None
    """Id of the row field naming the row's own customer, if rows have one."""


class Attach(Strict):
    action: str
    when: Expr | None = None


class Form(Strict):
    name: str
    clause: Clause = ""
    about: Literal["customer", "contact", "person", "unit", "case", "none"] = "none"
    confidential: bool = False
    retention: str | None = None
    number: str | None = None
    signers: list[str] = []
    fields: list[FormField] = []
    rows: FormRows | None = None
    attach: Attach | None = None
    complete: bool = False
    """The fields of this form are what the completeness of a file is measured by."""
    filed_by: str | None = None
    """Role that may file it; None: whoever may open the subject."""
    covers: str | None = None
    """A term: one form in force per value of it, told by the field of the same name; page `coverage` shows the gaps."""


class Stage(Strict):
    id: str
    name: str
    """Shown to people; a stage without a name is called by its id."""
    form: str | None = None
    """Filing this form moves the subject into the stage."""
    by: str | None = None
    """Role that may move a subject into the stage by hand."""
    action: str | None = None
    """Performing this action on the subject moves it into the stage."""
    emits: str | None = None
    """Event recorded when the stage is reached."""
    clause: Clause = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        return {"name": data["id"], **data} if isinstance(data, dict) and "id" in data else data


class Flow(Strict):
    name: str = ""
    about: Literal["customer"] = "customer"
    clause: Clause = ""
    stages: list[Stage]


# ---- access and routes ----------------------------------------------------------------------------------------

ScopeName = Literal["无", "本人", "本人及下属", "本部门", "本部门及以下", "指定部门", "全部"]


FieldRight = Literal["show", "mask", "hide"]
UnitNames = list[str]


class AccessRow(Strict):
    """What a role may see. `list`: know that the file exists; `open`: its content; `find`: what 查重 reveals."""

    list: ScopeName = "无"
    open: ScopeName = "无"
    units: UnitNames = []
    fields: dict[str, FieldRight] = {}
    granted: dict[str, FieldRight] = {}
    """Field rights of one who opens the file by a grant only (personal groups are masked unless said here)."""
    find: Literal["none", "exact", "similar"] = "exact"
    clause: Clause = ""
    widens: UnitNames = []
    """Rows of other packs for the same post, `pack.role`, that this one is meant to stand beside: the wider right holds."""


class RouteStep(Strict):
    """One step. Exactly one of role, all (会签), any (或签), sequence (依次), ratio (票签)."""

    role: str | None = None
    all: UnitNames | None = None
    any: UnitNames | None = None
    sequence: UnitNames | None = None
    ratio: dict[str, Any] | None = None
    when: Expr | None = None
    form: str | None = None
    negative: Literal["ends", "holds"] = "ends"
    agree_if: Expr | None = None
    clause: Clause = ""


Route = list[RouteStep]

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
    """The bearer may move the due time himself, this often and this far."""

    times: int | str = 1
    """A number or the name of a parameter."""
    each: str
    total: str | None = None
    """The most that all extensions together may add to the original due time."""
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
    verbs: list[Literal["read", "copy", "print", "export"]] = ["read"]
    lasts: str | None = None
    until: Expr | None = None


class ApprovalNorm(NormBase):
    kind: Literal["approval"]
    action: ActionRef | list[ActionRef]
    route: str | Route
    then: Literal["run", "grant"] = "run"
    grant: GrantSpec | None = None
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


# ---- the whole ------------------------------------------------------------------------------------------------


class Pack(Strict):
    pack: str
    version: int
    title: str
    issuer: str = ""
    effective: date
    holiday: HolidayRule = "stay"
    closing: str | None = None
    owner: str | None = None
    """Role that owns the regulation: sees 制度 with figures, loads new versions."""
    applies_to: Scope = Scope()
    roles: dict[str, Role] = {}
    terms: dict[str, Term] = {}
    parameters: dict[str, Parameter] = {}
    access: dict[str, AccessRow] = {}
    routes: dict[str, Route] = {}
    clauses: dict[str, ClauseEntry] = {}
    forms: dict[str, Form] = {}
    flows: dict[str, Flow] = {}
    norms: list[Norm] = []

    @field_validator("version")
    @classmethod
    def _positive(cls, value: int) -> int:
        if value < 1:
            raise ValueError("版本号从 1 起")
        return value
