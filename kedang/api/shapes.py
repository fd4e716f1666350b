"""The shapes of answers, as OpenAPI tells them. Times are ISO 8601 with offset, money is text in 元."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, PlainSerializer

from kedang.kernel import clock

At = Annotated[datetime, PlainSerializer(lambda at: clock.local(at).isoformat(), return_type=str)]
Money = Annotated[Decimal, PlainSerializer(lambda yuan: f"{yuan:.2f}", return_type=str)]


class Clause(Schema):
    """一条制度条款"""

    pack: str
    title: str
    number: str
    text: str
    message: str = ""


class Problem(Schema):
    """没有办成：code 是机器读的原因，message 是给人看的话"""

    code: str
    message: str
    errors: dict[str, str] = Field({}, description="字段 → 原因；空键是整个请求的")
    clauses: list[Clause] = []
    facts: list[str] = Field([], description="比对的事实，已按您的字段权限处理")
    lift: list[str] = Field([], description="怎样才可以办")
    ask: list[str] = Field([], description="可以找谁")
    exception: bool | None = Field(None, description="true：可以带 ask_exception 申请例外")
    conflict: list[dict[str, Any]] = Field([], description="别人先改了的栏：label、original、theirs、mine")
    version: Any = Field(None, description="现在的版本号")


class Step(Schema):
    """审批的一步"""

    step: int
    role: str
    mode: str
    people: list[str]
    pack: str
    clause: str
    notes: list[str]


class AskedFor(Schema):
    """开出的审批申请"""

    id: int
    number: str
    title: str
    asked_at: str


class Approval(Schema):
    """已提交审批"""

    code: str
    message: str
    request: AskedFor
    route: list[Step]


class Done(Schema):
    """办成了"""

    command: str = Field(description="命令编号，事件按它归在一起")
    events: list[int]
    value: Any = Field(None, description="动作的结果，多为新记录的编号")
    warnings: list[Clause] = []


class Check(Schema):
    """现在办会怎样"""

    verdict: str = Field(description="allow 允许、needs 须审批、refuse 拒绝、reason 须说明理由、confirm 须确认")
    label: str = Field(description="允许、须审批、拒绝、须说明理由、须确认")
    what: str
    clauses: list[Clause] = []
    facts: list[str] = []
    lift: list[str] = []
    ask: list[str] = []
    exception: bool = False
    missing: list[str] = Field([], description="还没有给的必填参数")
    route: list[Step] = Field([], description="须审批时：将依次由谁审批")
    problem: str = Field("", description="须审批而路线走不通的原因")


class Me(Schema):
    """令牌代表谁"""

    id: int
    name: str
    username: str
    units: list[str]
    posts: list[str]
    token: str
    scopes: list[str]
    expires_at: At | None


class Person(Schema):
    """一个人"""

    id: int
    name: str
    active: bool
    posts: list[dict[str, Any]] = Field([], description="unit、unit_name、post、post_name、head")


class Unit(Schema):
    """一个部门"""

    id: int
    name: str
    parent: int | None
    head: str


class Named(Schema):
    """某项的名称和取值"""

    name: str
    value: str


class CustomerRow(Schema):
    """客户列表的一行；无权看的栏为空"""

    id: int
    number: str
    name: str
    kind: str
    status: str
    owner: str
    unit: str
    phone: str
    registered_on: date
    last_contact_at: At | None
    next_contact_on: date | None
    tags: list[Named]
    stages: list[Named]
    open_duties: int
    overdue_duties: int
    next_due_at: At | None
    completeness: int | None
    opens: bool = Field(description="可否打开档案")
    starred: bool


class FieldLine(Schema):
    """档案资料的一栏"""

    id: str
    label: str
    value: str
    right: str = Field(description="show 全显、mask 掩码、hide 隐藏")
    missing: bool


class Contact(Schema):
    """联系人"""

    id: int
    name: str
    post: str
    phone: str
    email: str
    decision_role: str
    primary: bool
    left: bool
    version: int


class Figures(Schema):
    """往来数字；无权看时为空"""

    contract: Money | None
    expense: Money | None
    contact_count: int | None
    last_contact_at: At | None
    next_contact_on: date | None
    open_duties: int
    overdue_duties: int
    next_due_at: At | None


class Head(Schema):
    """知道这份档案的人都看得到的部分"""

    id: int
    number: str
    name: str
    kind: str
    status: str
    owner_id: int | None
    owner: str
    unit_id: int
    unit: str
    registered_on: date
    version: int
    collaborators: list[dict[str, Any]]
    tags: list[Named]
    stages: list[Named]


class CustomerFile(Schema):
    """一份客户档案；opened 为 false 时只有 head，why 说明原因"""

    head: Head
    opened: bool
    why: Check | None = None
    former_names: list[str] = []
    fields: list[FieldLine] = []
    contacts: list[Contact] = []
    figures: Figures | None = None


class Detail(Schema):
    """事件的一个值"""

    label: str
    old: str
    new: str


class Entry(Schema):
    """动态的一条"""

    id: int
    kind: str
    label: str
    sentence: str
    actor: str
    on_behalf_of: str
    at: At
    recorded_at: At
    pack: str
    clause: str
    details: list[Detail]
    corrected_by: int | None


class Duty(Schema):
    """一项待办"""

    id: int
    title: str
    state: str
    bearer: str
    unit: str
    file: int | None
    file_name: str
    due_at: At | None
    overdue: bool
    pack: str
    pack_title: str
    clause: str
    clause_text: str


class ItemFile(Schema):
    """档案件里的一个文件"""

    blob: int
    name: str
    size: int
    label: str


class Item(Schema):
    """档案件"""

    item: int
    number: int
    title: str
    kind: str
    responsible: str
    issued_on: date
    pages: int | None
    secrecy: str
    version: int
    by: str
    at: At
    voided_at: At | None
    void_reason: str
    files: list[ItemFile]


class FiledForm(Schema):
    """填报的一张表单"""

    id: int
    name: str
    number: str
    filed_at: At
    filed_by: str
    lines: list[Named]


def page_of(item: type[Schema]) -> type[Schema]:
    """A page of these: `items`, and `next`, the cursor of the page after (null at the end)."""
    made: type[Schema] = type(
        f"{item.__name__}Page",
        (Schema,),
        {"__annotations__": {"items": list[item], "next": str | None}, "__doc__": "一页", "__module__": __name__},  # type: ignore[valid-type]
    )
    return made
