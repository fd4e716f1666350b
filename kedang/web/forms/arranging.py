"""What the step 对应栏目 of an import asks for all rows, and what may be wrong with the columns chosen."""

from __future__ import annotations

from kedang.customers.importing import withform
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person

ONLY = "only"
DEFAULTS = [
    Field("owner", "没有写负责人的行，归谁", "person"),
    Field("unit", "没有写部门的行，归哪个部门", "unit"),
]


def offered(person: Person) -> dict[str, str]:
    """Forms that can be filed along with each registration, by id."""
    return {one.qid: one.name for one in withform.offered(person, regulations())}


def defaults(person: Person) -> list[Field]:
    """What is asked for all rows; whether a form is filed along, where a regulation has one."""
    found = offered(person)
    if not found:
        return DEFAULTS
    values = {ONLY: "只建档", **{qid: f"建档并提交{name}" for qid, name in found.items()}}
    return [*DEFAULTS, Field(withform.WITH, "每一行办什么", "choice", required=True, values=values)]


def named(options: dict[str, object]) -> str:
    """The form that an import files along, by name; '' for none."""
    found = withform.chosen(options, regulations())
    return found.name if found else ""


def along_of(typed: object) -> str:
    """The form that was chosen to be filed along; '' for none."""
    return "" if typed in (None, ONLY) else str(typed)


def wrong(chosen: dict[int, str], along: str) -> dict[int, str]:
    """One target feeds from one column, a customer needs a name, and what is a form's own needs the form."""
    found: dict[int, str] = {}
    first: dict[str, int] = {}
    for at, name in chosen.items():
        if name.startswith(withform.WITH) and not name.startswith(f"{withform.WITH}.{along or '?'}."):
            found[at] = "这一列只用于表单：请在下面选“建档并提交”这张表，或者选“不导入”"
        if name in first:
            found[at] = "已经有一列对应到这里，请另选或选“不导入”"
        first.setdefault(name, at)
    if "name" not in first:
        found[-1] = "没有哪一列对应“客户名称”，请选出一列。"
    return found
