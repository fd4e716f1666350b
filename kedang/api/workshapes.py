"""The shapes of answers about work, regulations and events; those about customers and deeds stand in `shapes`."""

from __future__ import annotations

from datetime import date

from ninja import Schema
from pydantic import Field

from kedang.api.shapes import At


class Ballot(Schema):
    """等您审批的一份申请"""

    request: int
    number: str
    title: str
    action: str
    requester: str
    asked_at: At
    waiting_since: At
    due_at: At | None
    consulted: bool = Field(description="true：征询意见，不是表决")


class Inbox(Schema):
    """待办数"""

    duties: int
    late: int
    ballots: int
    proposals: int
    notices: int


class Notice(Schema):
    """通知"""

    id: int
    text: str
    at: At
    file: int | None
    request: int | None
    duty: int | None


class RequestRow(Schema):
    """审批申请"""

    id: int
    number: str
    title: str
    action: str
    status: str
    status_label: str
    requester: str
    asked_at: At
    decided_at: At | None


class Line(Schema):
    """申请内容的一行"""

    name: str
    new: str
    old: str
    now: str


class ChainPerson(Schema):
    """审批链上的一个人"""

    id: int
    name: str
    state: str
    state_label: str
    opinion: str
    decided_at: At | None


class ChainStep(Schema):
    """审批链的一步"""

    number: int
    round: int
    role: str
    mode: str
    status: str
    status_label: str
    pack: str
    clause: str
    people: list[ChainPerson]
    notes: list[str]


class Move(Schema):
    """现在可以做的操作"""

    move: str
    label: str
    consequence: str


class RequestDetail(RequestRow):
    """一份申请：内容、审批链、可做的操作"""

    reason: str
    lines: list[Line]
    steps: list[ChainStep]
    moves: list[Move]


class Regulation(Schema):
    """一部制度"""

    pack: str
    title: str
    version: int
    effective: date | None
    clauses: int
    duties_met: int
    duties_late: int
    duties_overdue: int


class FigureCount(Schema):
    """一条的一个数字"""

    figure: str
    label: str
    count: int


class ClauseLine(Schema):
    """制度的一条，和本月的数字"""

    number: str
    title: str
    text: str
    state: str
    figures: list[FigureCount]


class RegulationText(Schema):
    """制度逐条"""

    pack: str
    title: str
    version: int
    month: str
    clauses: list[ClauseLine]


class FormField(Schema):
    """表单的一栏"""

    id: str
    name: str
    type: str
    required: bool
    values: dict[str, str]


class FormSheet(Schema):
    """制度里的一张表单，供 form.file 填报"""

    form: str
    name: str
    about: str
    fields: list[FormField]
    rows: list[FormField]


class Happening(Schema):
    """一个事件；内容另在该档案的动态里"""

    id: int
    kind: str
    label: str
    sentence: str
    actor: str
    file: int
    number: str
    name: str
    at: At
    recorded_at: At
    pack: str
    clause: str


class Upload(Schema):
    """上传的附件；一天之内由某个动作用掉，否则清除"""

    blob: int
    name: str
    size: int
    type: str
