"""The shape of a pack: what the YAML files may say (docs/packs.md explains each key by example).

These models check shape only. Names, types of expressions and relations between norms are checked by `check.py`.
"""

from __future__ import annotations

from datetime import date

from pydantic import field_validator

from kedang.kernel.norms.schema_norms import (
    Absent,
    ActionRef,
    ApprovalNorm,
    AssignmentNorm,
    Before,
    ComputationNorm,
    ConsequenceNorm,
    Due,
    DutyNorm,
    ExprEvery,
    Extend,
    Grace,
    GrantSpec,
    Ladder,
    LadderStep,
    Norm,
    NormBase,
    OutsideBearer,
    ProhibitionNorm,
    ScheduleNorm,
    TableEvery,
    TableRow,
    Trigger,
    Window,
)
from kedang.kernel.norms.schema_parts import (
    AccessRow,
    ArchiveRules,
    Attach,
    Clause,
    ClauseEntry,
    Confidential,
    EffectKind,
    Expr,
    FieldRight,
    Flow,
    Form,
    FormField,
    FormRows,
    HolidayRule,
    Parameter,
    RecordType,
    Role,
    Route,
    RouteStep,
    RowDeed,
    Scalar,
    Scope,
    ScopeName,
    Stage,
    Strict,
    Term,
    UnitNames,
)

__all__ = [
    "Absent",
    "AccessRow",
    "ActionRef",
    "ApprovalNorm",
    "ArchiveRules",
    "AssignmentNorm",
    "Attach",
    "Before",
    "Clause",
    "ClauseEntry",
    "ComputationNorm",
    "Confidential",
    "ConsequenceNorm",
    "Due",
    "DutyNorm",
    "EffectKind",
    "Expr",
    "ExprEvery",
    "Extend",
    "FieldRight",
    "Flow",
    "Form",
    "FormField",
    "FormRows",
    "Grace",
    "GrantSpec",
    "HolidayRule",
    "Ladder",
    "LadderStep",
    "Norm",
    "NormBase",
    "OutsideBearer",
    "Pack",
    "Parameter",
    "ProhibitionNorm",
    "RecordType",
    "Role",
    "Route",
    "RouteStep",
    "RowDeed",
    "Scalar",
    "ScheduleNorm",
    "Scope",
    "ScopeName",
    "Stage",
    "Strict",
    "TableEvery",
    "TableRow",
    "Term",
    "Trigger",
    "UnitNames",
    "Window",
]


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
    record_types: dict[str, RecordType] = {}
    archive: ArchiveRules | None = None
    norms: list[Norm] = []

    @field_validator("version")
    @classmethod
    def _positive(cls, value: int) -> int:
        if value < 1:
            raise ValueError("版本号从 1 起")
        return value
