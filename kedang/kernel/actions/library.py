"""Reading a clause for everybody (解释), and taking a regulation's form out of use or back into it."""

from __future__ import annotations

from typing import Any

from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms import store
from kedang.kernel.norms.library import clauses_of_form
from kedang.kernel.norms.library_models import Interpretation, RetiredForm
from kedang.kernel.norms.store import Version, regulations

PACK = Field("pack", "制度", "text", required=True)


def _version(pack: str) -> Version:
    version = regulations().version(pack)
    if version is None:
        raise Invalid({"pack": "没有这部制度，或者它还没有生效。"})
    return version


@action(
    "pack.interpret",
    "解释条款",
    args=[
        PACK,
        Field("clause", "条款", "text", required=True),
        Field("text", "解释", "long_text", required=True, max=2000),
    ],
    about="",
    needs="none",
    events=("pack.interpreted",),
)
def interpret(*, deed: Deed, pack: str, clause: str, text: str) -> int:
    """Say how the company reads a clause; it stands beside the clause for everybody."""
    version = _version(pack)
    if clause not in version.regulation.pack.clauses:
        raise Invalid({"clause": f"《{version.title}》没有第{clause}条。"})
    assert deed.by is not None
    row = Interpretation.objects.create(pack=pack, clause=clause, text=text, by=deed.by, at=deed.now)
    deed.record(
        "pack.interpreted",
        subject=f"pack:{pack}",
        data={"pack": pack, "title": version.title, "clause": clause, "text": text},
        pack=pack,
        clause=clause,
    )
    return row.pk


def _form(pack: str, form: str) -> tuple[Version, str]:
    version = _version(pack)
    bare = form.removeprefix(f"{pack}.")
    if bare not in version.regulation.pack.forms:
        raise Invalid({"form": f"《{version.title}》没有这张表。"})
    return version, bare


FORM = Field("form", "表单", "text", required=True)
NOTE = Field("note", "原因", "text", required=True, max=200)


@action("form.retire", "停用表单", args=[PACK, FORM, NOTE], about="", needs="none", events=("form.retired",))
def retire_form(*, deed: Deed, pack: str, form: str, note: str) -> dict[str, Any]:
    """Take a form out of use; answers the clauses that do not hold any more."""
    version, bare = _form(pack, form)
    qid = f"{pack}.{bare}"
    if RetiredForm.objects.filter(form=qid, until=None).exists():
        raise Invalid({"form": "这张表已经停用。"})
    assert deed.by is not None
    RetiredForm.objects.create(form=qid, since=deed.now, by=deed.by, reason=note)
    store.touch()
    failing = clauses_of_form(version, bare)
    data = {"form": qid, "name": version.regulation.pack.forms[bare].name, "clauses": "、".join(failing)}
    deed.record("form.retired", subject=f"pack:{pack}", data={**data, "reason": note}, pack=pack)
    return {"form": qid, "clauses": failing}


@action("form.restore", "恢复使用表单", args=[PACK, FORM], about="", needs="none", events=("form.restored",))
def restore_form(*, deed: Deed, pack: str, form: str) -> str:
    """Take a form back into use."""
    version, bare = _form(pack, form)
    qid = f"{pack}.{bare}"
    if not RetiredForm.objects.filter(form=qid, until=None).update(until=deed.now):
        raise Invalid({"form": "这张表没有停用。"})
    store.touch()
    data = {"form": qid, "name": version.regulation.pack.forms[bare].name}
    deed.record("form.restored", subject=f"pack:{pack}", data=data, pack=pack)
    return qid
