"""customer.bulk: one deed about many files, chosen in a list. Every row is a deed of its own, decided and recorded as if
it had been done alone; what stands here only freezes which files were meant and hands them to a job."""

from __future__ import annotations

from typing import Any

from kedang.customers.visibility import visible_files
from kedang.kernel.actions import Deed, action, perform_many
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.jobs import Job, Run, enqueue, job
from kedang.kernel.norms.vocabulary import vocabulary

KIND = "customer.bulk"
MOST = 20_000
DEEDS = {
    "customer.transfer": "转移", "customer.add_collaborator": "加协作人", "customer.remove_collaborator": "减协作人",
    "customer.release": "放入公海", "customer.classify": "改分类",
}  # fmt: skip
"""What may be done about many files at once, as the bar calls it."""


@action(
    "customer.bulk",
    "批量办理",
    about="",
    needs="none",
    public=False,
    args=[
        F("action", "事项", "choice", required=True, values=DEEDS),
        F("files", "客户", "json", required=True),
        F("given", "内容", "json"),
        F("reason", "理由", "text", max=200),
        F("sure", "已确认", "bool"),
    ],
)
def do_in_bulk(
    *,
    deed: Deed,
    action: str,
    files: Any,
    given: Any = None,
    reason: str | None = None,
    sure: bool | None = None,
) -> int:
    """Queue one action for many files; the job's id. Invalid for none, for more than MOST, for what is no list of ids.

    Files outside the person's list are left out, as if they did not exist.
    """
    if deed.by is None or deed.on_behalf_of is not None:
        raise NotFound()
    ids = _known(deed, files)
    about = {
        "action": action,
        "files": ids,
        "given": dict(given or {}),
        "reason": reason or "",
        "sure": bool(sure),
    }
    made: Job = enqueue(KIND, by=deed.by, title=f"{DEEDS[action]}：{len(ids)} 份客户档案", params=about)
    Job.objects.filter(pk=made.pk).update(total=len(ids))
    return int(made.pk)


def _known(deed: Deed, files: Any) -> list[int]:
    if not isinstance(files, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in files):
        raise Invalid("选中的客户读不出来，请回到列表重新选择。")
    wanted = list(dict.fromkeys(files))
    if not wanted:
        raise Invalid("还没有选中客户。")
    if len(wanted) > MOST:
        raise Invalid(f"一次最多办理 {MOST:,} 份，选中的更多。请用筛选缩小范围，分几次办理。")
    assert deed.by is not None
    known: set[int] = set()
    for start in range(0, len(wanted), 500):
        rows = visible_files(deed.by).filter(pk__in=wanted[start : start + 500])
        known.update(rows.order_by().values_list("pk", flat=True))
    if not known:
        raise NotFound()
    return [one for one in wanted if one in known]


@job(KIND, "批量办理")
def run_bulk(
    run: Run, *, action: str, files: list[int], given: dict[str, Any], reason: str, sure: bool
) -> dict[str, Any]:
    """Do the rows in order; begun again it answers for finished rows what they answered then."""
    run.progress(0, total=len(files))
    about = vocabulary.actions[action].about
    rows = {str(pk): {**given, about: pk} for pk in files}
    done = perform_many(
        action,
        rows,
        by=run.by,
        job=run.key,
        reason=reason,
        confirmed=sure or bool(reason),
        progress=run.after_chunk,
    )
    return {"rows": [[int(row.row), row.state, row.message, row.request] for row in done.rows]}


def names_of(ids: list[int], person: Any) -> dict[int, tuple[str, str]]:
    """(name, number) of the files a person may still know of after the deed; one query."""
    rows = visible_files(person).filter(pk__in=ids).order_by()
    return {pk: (name, number) for pk, name, number in rows.values_list("pk", "name", "number")}
