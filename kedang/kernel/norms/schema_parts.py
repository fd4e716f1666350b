"""The shape of a pack but for its norms: header, clauses, forms, flows, access, routes (see `schema`)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
    within: Literal["scope"] | None = None
    """scope: only who holds the post in the departments that the regulation acts in."""
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


# ---- items and the archive ------------------------------------------------------------------------------------


class RecordType(Strict):
    """A kind of item (件) that files of this regulation are made of: 营业执照, 身份证复印件, 合同 …"""

    name: str
    clause: Clause = ""
    personal: bool = False
    """Shows a natural person: taken in only with its purpose and the evidence of consent (PIPL 13, 17, 28)."""
    required: bool | dict[str, list[str]] = False
    """Counts towards completeness: always, or for these classes, `{deal_status: [closed]}` (all terms must fit)."""
    secrecy: str | None = None
    """密级 of such items unless said otherwise."""


class ArchiveRules(Strict):
    """How archived files are sorted, kept and lent. Durations are parameters, so that they carry their reading."""

    by: str | None = Field(default=None, alias="class")
    """The term whose value is the archive class of a file (已成交, 未成交)."""
    keep: str | dict[str, str] | None = None
    """Parameter of the retention period, or one a value of the class."""
    loan: str | None = None
    """Parameter of the loan period."""
    clause: Clause = ""


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
    suggest: Expr | None = None
    """What stands in the field before anybody types, by the file it is about: 贵宾 for some classes, 普通 for others."""
    must: Expr | None = None
    """A condition on this form's own fields that must hold; `message` says what is wrong."""
    message: str = ""


class RowDeed(Strict):
    """What each row does when the form is filed: an action that norms may run, with arguments out of the row's fields."""

    do: str
    with_: dict[str, str | dict[str, str]] = Field(alias="with")
    """{argument: field}; a mapping of fields for an argument that takes several (classes)."""
    when: Expr | None = None
    clause: Clause = ""


class FormRows(Strict):
    fields: list[FormField]
    min: int = 0
    customer: str | None = None
    """Id of the row field naming the row's own customer, if rows have one."""
    each: RowDeed | None = None


class Attach(Strict):
    action: str
    when: Expr | None = None


class Confidential(Strict):
    """Who reads what was filed beside the filer: the keeper, and whom a grant lets. Copying asks for a grant of everybody."""

    keeper: str | None = None
    """Role that keeps what was filed."""
    clause: Clause = ""
    """What a refusal names; the form's own clause when it is empty."""


class Form(Strict):
    name: str
    clause: Clause = ""
    about: Literal["customer", "contact", "person", "unit", "case", "none"] = "none"
    confidential: bool | Confidential = False
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
    day: str | None = None
    """A date field: the day that what was filed is about; without it the day on which it happened."""
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
    speaks_for: ScopeName = "无"
    """代录: whose deeds the role may type for them, in its departments."""
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
    """What must hold before the step passes; an agreement given earlier counts when it does."""
    first: str = ""
    """What has to be done for that, as the duty is called: 完成新人培训."""
    within: str | None = None
    """How long the step may take: a duration or the name of a parameter."""
    timeout: Literal["remind", "escalate", "return", "reject"] = "remind"
    """What happens then. Nothing is ever agreed to by time-out."""
    clause: Clause = ""


Route = list[RouteStep]
