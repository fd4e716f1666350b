"""What stands on printed sheets, as plain data for their templates."""

from __future__ import annotations

from typing import Any

from kedang.kernel import clock
from kedang.kernel.approvals import selectors
from kedang.kernel.approvals.chain import ChainPerson, ChainStep
from kedang.kernel.approvals.models import Request
from kedang.kernel.ledger.models import Event
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web import approving, words

SILENT = ("foretold", "pending")


def home_of(person: int) -> str:
    """The department a person works in; '' when he has left."""
    unit = org.home_unit(person)
    return org.unit_names_of([unit]).get(unit, "") if unit else ""


def approval_sheet(one: Request, reader: Person) -> dict[str, Any]:
    """审批单: number, clause, the command in words, route, every opinion with name and time, result, who prints it and when."""
    who = approving.Reader.of(reader, one)
    rows, steps = approving.rows_of(one, who), approving.steps_of(one, who)
    root = org.root_unit()
    typed = f"（由 {one.requester.name} 代办）" if one.on_behalf_of else ""
    asker = one.on_behalf_of or one.requester
    copies = "、".join(watcher.person.name for watcher in selectors.watchers_of(one))
    head = [("事项", one.title), ("申请人", f"{asker.name}　{home_of(asker.pk)}{typed}")]
    head += [("提交时间", words.moment(one.asked_at))]
    head += [("事由", one.reason)] if one.reason else []
    head += [("抄送", copies)] if copies else []
    return {
        "company": root.name if root else "",
        "title": f"审批单 {one.number}",
        "number": one.number,
        "status": one.get_status_display(),
        "head": head,
        "changes": [(row.name, row.old or "—", row.new) for row in rows if row.changes],
        "content": [(row.name, row.new) for row in rows if not row.changes],
        "norms": [
            {"title": f"《{each.get('title') or each.get('pack', '')}》", "number": each.get("clause", ""), "text": each.get("text", "")}
            for each in one.norms
        ],
        "steps": [line for step in steps for line in _step_lines(step)],
        "result": _result(one),
        "printed": f"{reader.name} 于 {words.moment(clock.now())} 打印；内容按其数据权限显示。",
    }  # fmt: skip


def _step_lines(step: ChainStep) -> list[dict[str, Any]]:
    mode = f"（{step.mode_label}）" if step.mode_label else ""
    past = f"（第{step.round}轮）" if step.past else ""
    base = {"number": str(step.number), "role": f"{step.role_name or '审批'}{mode}{past}"}
    return [{**base, **_line(person)} for person in step.people] or [
        {**base, "name": "", "result": step.status_label, "opinion": "", "answers": [], "at": ""}
    ]


def _line(person: ChainPerson) -> dict[str, Any]:
    name = f"{person.name}（代 {person.acting_for}）" if person.acting_for else person.name
    asked = f"{person.asked_by}征询：{person.question}。" if person.question else ""
    at = person.promised_at if person.promised else person.decided_at
    silent = person.state in SILENT and not person.promised
    return {
        "name": name,
        "result": person.state_label,
        "opinion": asked + person.opinion,
        "answers": [list(each) for each in person.answers],
        "at": "" if silent or at is None else words.moment(at),
    }


def _result(one: Request) -> list[tuple[str, str]]:
    ended = [("结果", one.get_status_display())]
    if one.decided_at:
        ended.append(("办结时间", words.moment(one.decided_at)))
    ran = Event.objects.filter(subject=f"approval:{one.pk}", kind="approval.executed").order_by("-id").first()
    if ran is not None:
        ended.append(("执行时间", words.moment(ran.recorded_at)))
    return [*ended, ("未执行原因", one.cause)] if one.cause else ended
