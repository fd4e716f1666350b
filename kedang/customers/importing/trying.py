"""What an import would do, tried on some of its rows by the real deeds and taken back: for the words of the confirmation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction

from kedang.customers.importing.actions import SKIP
from kedang.customers.importing.checking import check
from kedang.customers.importing.loading import data_rows, plan_of
from kedang.customers.importing.models import CHECKED, Import, ImportRow
from kedang.customers.importing.withform import WithForm
from kedang.kernel.actions import perform_many
from kedang.kernel.norms.models import Duty
from kedang.kernel.once import forget

TRIED = 40
LOOKED = 400


@dataclass
class Trial:
    """Counts of the rows tried: how they ended and which duties each opened."""

    rows: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)
    """{outcome: an example of what was said}"""
    duties: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """{(title, pack, clause): how many}"""
    form: str = ""
    """The form that is filed along, by name."""
    forms: Counter[str] = field(default_factory=Counter)
    """How filing it ended."""
    form_said: str = ""

    @property
    def each(self) -> float:
        """Duties a customer, on average."""
        done = self.ended.get("ok", 0)
        return sum(self.duties.values()) / done if done else 0.0


def try_out(batch: Import, options: Mapping[str, Any]) -> Trial:
    """Register the first good rows under these options, count what follows, and take everything back."""
    batch.options = {**batch.options, **options}
    plan = plan_of(batch)
    known = set(ImportRow.objects.filter(batch=batch, state__in=CHECKED).values_list("line", flat=True)[:50_000])
    lines = islice(((line, cells) for line, cells in data_rows(batch) if line not in known), LOOKED)
    rows = [one for one in check(islice(lines, TRIED), plan) if not one.errors and not one.same]
    found = Trial(len(rows))
    if not rows:
        return found
    try:
        with transaction.atomic():
            _perform(batch, rows, found, plan.form)
            transaction.set_rollback(True)
    finally:
        forget()
    return found


def _perform(batch: Import, rows: Any, found: Trial, form: WithForm | None) -> None:
    last = Duty.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    how: dict[str, Any] = {
        "by": batch.by, "job": f"import-{batch.pk}-trial", "origin": "opening" if batch.options.get("opening") else "import",
        "reason": str(batch.options.get("reason") or ""), "confirmed": bool(batch.options.get("confirmed")),
    }  # fmt: skip
    done = perform_many("customer.register", {str(one.line): one.read.args for one in rows}, **how)
    if form is not None:
        _file_forms(rows, {each.row: each.value for each in done.rows if each.state == "ok"}, form, how, found)
    for result in done.rows:
        found.ended[result.state] += 1
        found.words.setdefault(result.state, result.message)
    for title, pack, clause in Duty.objects.filter(pk__gt=last).values_list("title", "pack", "clause"):
        found.duties[title, pack, clause] += 1


def _file_forms(rows: Any, made: Mapping[str, Any], form: WithForm, how: dict[str, Any], found: Trial) -> None:
    found.form = form.name
    told = perform_many(
        "form.file",
        {
            f"{one.line}:form": {"form": form.qid, "customer": made[str(one.line)], "data": one.form}
            for one in rows
            if one.form is not None and str(one.line) in made
        },
        **how,
    )
    for result in told.rows:
        found.forms[result.state] += 1
        if result.state != "ok":
            found.form_said = result.message or "；".join(result.errors.values())


def consequences(batch: Import, policy: str, opening: bool, trial: Trial) -> list[str]:
    """What starting would do, line by line, in words."""
    told = batch.checked or {}
    rows, bad, same, like, twin = (int(told.get(key, 0)) for key in ("rows", "bad", "same", "like", "twin"))
    skipped = int(told.get("skipped", 0))
    fresh = max(rows - bad - same - twin - skipped, 0)
    lines = [f"新建约 {fresh:,} 份客户档案，登记人是您，每一份都按表单同样的规则检查。"]
    if skipped:
        lines.append(f"{skipped:,} 行上次已经导入，不会重复导入。")
    if bad:
        lines.append(f"{bad:,} 行有错误，不导入；办完后可以下载，改好再上传。")
    if same or twin:
        lines.append(_of_same(same, twin, policy))
    if like:
        lines.append(
            f"{like:,} 行与已有档案的电话或曾用名相同，"
            + ("按您逐条的选择办理，没有选的跳过。" if policy == "each" else "照常新建（与表单一样只作提示）。")
        )
    return [*lines, *_of_form(trial), *_of_duties(fresh, opening, trial), *_of_answers(fresh, trial)]


def _of_form(trial: Trial) -> list[str]:
    if not trial.form:
        return []
    lines = [f"每一份同时提交{trial.form}，缺表上必填内容的行算有错误，不导入；撤销导入时随档案一起作废。"]
    if wrong := sum(trial.forms.values()) - trial.forms["ok"]:
        lines.append(f"试办的行中有 {wrong} 行能建档而表没有交成：{trial.form_said}")
    return lines


def _of_same(same: int, twin: int, policy: str) -> str:
    what = f"{same:,} 行与已有档案重复" if same else ""
    inside = f"{twin:,} 行与表内前面的行重复" if twin else ""
    both = "、".join(filter(None, [what, inside]))
    if policy == SKIP:
        return f"{both}，跳过，已有档案不变。"
    if policy == "overwrite":
        return f"{both}，用表里填了的内容覆盖，没填的不动，负责人和部门不变；您不能修改的档案不覆盖，算失败。"
    return f"{both}，按您逐条的选择办理，没有选的跳过。"


def _of_duties(fresh: int, opening: bool, trial: Trial) -> list[str]:
    if opening:
        return ["作为期初资料：不产生备案、回访等待办和期限，也不触发通知。"]
    if not trial.duties:
        return ["按制度处理：试办的行没有产生待办。"] if trial.ended.get("ok") else []
    done = trial.ended["ok"]
    parts = [
        f"“{title}”（第{clause}条）每户 {n / done:.1f} 项" for (title, _, clause), n in trial.duties.most_common(6)
    ]
    return [
        f"按制度处理：预计产生约 {round(trial.each * fresh):,} 项待办（按试办 {trial.rows} 行推算）：{'；'.join(parts)}。"
    ]


def _of_answers(fresh: int, trial: Trial) -> list[str]:
    said = {
        "refused": "被制度拒绝",
        "needs": "须先审批，导入时逐户提交审批",
        "asks": "须写明理由，没有理由的不导入",
        "invalid": "不能登记",
    }
    lines = []
    for state, words in said.items():
        if n := trial.ended.get(state, 0):
            lines.append(f"试办 {trial.rows} 行中有 {n} 行{words}：{trial.words[state]}")
    return lines
