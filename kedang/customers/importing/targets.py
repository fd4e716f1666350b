"""What a column of a list may be: the inputs of registering a customer, with the classes and forms the packs ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kedang.customers.importing import withform
from kedang.kernel.actions import forms
from kedang.kernel.fields import Field
from kedang.kernel.norms import engine
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.norms.vocabulary import vocabulary

TERM = withform.TERM
MARK = "mark"
"""The column of an error workbook that says which row of which import a row was."""
MARK_HEADING = "导入行号（请勿改动）"
ERROR_HEADING = "错误原因"

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("客户名称", "单位名称", "公司名称", "企业名称", "客户", "客户全称", "单位全称", "公司全称", "名称", "单位", "公司", "企业",
             "客户姓名", "客户单位", "往来单位", "购货单位", "客户名", "医院名称", "机构名称", "经销商名称", "开票名称", "抬头", "customer", "company", "name"),
    "kind": ("客户性质", "客户种类", "组织或个人", "单位或个人", "主体类型"),
    "credit_code": ("统一社会信用代码", "信用代码", "社会信用代码", "税号", "纳税人识别号", "统一信用代码", "营业执照号", "组织机构代码", "税务登记号", "纳税识别号"),
    "phone": ("联系电话", "电话", "单位电话", "公司电话", "座机", "固定电话", "办公电话", "固话", "总机", "电话号码", "客户电话", "tel", "phone"),
    "address": ("地址", "单位地址", "公司地址", "联系地址", "详细地址", "通讯地址", "注册地址", "办公地址", "经营地址", "客户地址", "收货地址", "address"),
    "nature": ("企业性质", "单位性质", "公司性质", "经济性质", "所有制"),
    "parent_unit": ("主管单位", "上级单位", "主管部门", "上级主管单位", "所属集团", "母公司"),
    "source": ("来源", "客户来源", "获客渠道", "渠道", "信息来源", "线索来源"),
    "contact_name": ("联系人", "联系人姓名", "主要联系人", "首要联系人", "姓名", "对接人", "客户联系人", "经办人", "联络人", "contact"),
    "contact_post": ("联系人职务", "职务", "职位", "联系人职位", "岗位", "头衔"),
    "contact_phone": ("联系人电话", "联系人手机", "手机", "手机号", "手机号码", "移动电话", "联系手机", "联系方式", "联系人联系方式", "手机电话", "mobile"),
    "unit": ("归属部门", "部门", "所属部门", "负责部门", "档案部门", "销售部门"),
    "owner": ("负责人", "业务员", "销售", "销售员", "归属人", "客户经理", "业务经理", "跟进人", "所属销售", "销售人员", "负责业务员", "业务代表", "工号", "负责人工号"),
}  # fmt: skip
HINTS = {
    "name": "客户全称，2 到 120 字；不能与已有客户重复",
    "kind": "不填按“组织”",
    "credit_code": "18 位；单元格请用文本格式",
    "phone": "如 010-62345678转801；单元格请用文本格式",
    "contact_phone": "如 13800138000；填了电话须填联系人",
    "contact_post": "填了职务须填联系人",
    "owner": "本公司人员的姓名或工号；不填用上传时选的负责人",
    "unit": "本公司的部门名称；不填随负责人",
}


@dataclass(frozen=True)
class Target:
    """One input that a column may feed."""

    id: str
    field: Field
    synonyms: tuple[str, ...] = ()
    clause: str = ""
    """The clause that asks for it, as people write it; '' when the product does."""
    form: str = ""
    """The pack form attached to the registration that it belongs to."""
    default: str = ""

    @property
    def label(self) -> str:
        """The heading in the template and in lists of choices."""
        return self.field.name

    @property
    def required(self) -> bool:
        """Whether a row without it is refused."""
        return self.field.required


def targets(regs: Regulations | None = None) -> list[Target]:
    """Everything a row may bring, in the order of the form: arguments, classes of the packs in force, attached forms."""
    regs = regs or regulations()
    own = [
        Target(one.id, replace(one, name="单位电话") if one.id == "phone" else one, SYNONYMS.get(one.id, ()))
        for one in vocabulary.actions["customer.register"].args
        if one.id != "terms"
    ]
    return [*own, *_terms(regs), *_forms(regs), *_with_forms(regs)]


def _with_forms(regs: Regulations) -> list[Target]:
    """Fields that only the forms filed along ask for (同时提交); they are read when that was chosen."""
    return [
        Target(
            place,
            replace(one, id=place, name=f"{one.name}（{each.name}）", required=False),
            (one.name,),
            form=withform.WITH,
        )
        for each in withform.all_of(regs)
        for one in each.own
        if one.type != "file" and (place := each.places[one.id])
    ]


def _terms(regs: Regulations) -> list[Target]:
    """One target a class. Two packs may have a class of one name: the department of the row says whose values count."""
    found: dict[str, Target] = {}
    for version in regs.in_force():
        pack = version.regulation.pack
        for key, term in pack.terms.items():
            said = f"《{pack.title}》第{engine.first_clause(term.clause)}条" if term.clause else ""
            before = found.get(key)
            values = {**(before.field.choices if before else {}), **term.values}
            spec = Field(TERM + key, before.label if before else term.name, "choice",
                         required=term.required and (before is None or before.required), values=values)  # fmt: skip
            names = (*(before.synonyms if before else ()), term.name, *_term_synonyms(term.name))
            clause = "、".join(filter(None, [before.clause if before else "", said]))
            found[key] = Target(TERM + key, spec, names, clause, default=term.default or "")
    return list(found.values())


def _term_synonyms(name: str) -> tuple[str, ...]:
    """客户类别 is also written 客户类型, 类别, 客户分类 …"""
    stem = name.removeprefix("客户")
    alike = (
        {"类别", "类型", "分类"}
        if stem in ("类别", "类型", "分类")
        else {"级别", "等级"}
        if stem in ("级别", "等级")
        else set()
    )
    return tuple(f"{head}{word}" for word in sorted({stem, *alike}) for head in ("", "客户"))


def _forms(regs: Regulations) -> list[Target]:
    """The fields of forms that packs attach to registering: without them the registration is refused."""
    found = []
    for version in regs.in_force():
        for form_id, form in version.regulation.pack.forms.items():
            if form.attach and form.attach.action == "customer.register":
                clause = (
                    f"《{version.regulation.pack.title}》第{engine.first_clause(form.clause)}条" if form.clause else ""
                )
                found += [
                    Target(f"{form_id}.{one.id}", replace(one, id=f"{form_id}.{one.id}"), (one.name,), clause, form_id)
                    for one in forms.fields_of(version, form)
                ]
    return found


def by_id(found: Sequence[Target]) -> dict[str, Target]:
    """The targets by id."""
    return {one.id: one for one in found}


@dataclass(frozen=True)
class Company:
    """Names of the company's own people and departments, to know them in a list and to turn them into ids."""

    people: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    """{name, number or login: [(id, text that tells namesakes apart)]}"""
    units: Mapping[str, int] = field(default_factory=dict)


def company() -> Company:
    """As it is now: people who can be given work, departments that are open."""
    from kedang.kernel.org.models import Person, Unit

    people: dict[str, list[tuple[int, str]]] = {}
    rows = Person.objects.filter(is_active=True, left_on=None).values_list("pk", "name", "employee_no", "username")
    for pk, name, number, login in rows:
        for key in {name, number, login, f"{name}（{number}）", f"{name}({number})"} - {""}:
            people.setdefault(key, []).append((pk, f"{name}（{number or login}）"))
    units = dict(Unit.objects.filter(closed_on=None).values_list("name", "pk"))
    return Company(people, units)


Raw = dict[str, Any]
