"""What one does about a duty: the button that leads to the deed by which the regulation counts it as done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from kedang.kernel import clock
from kedang.kernel.actions import adoption, leaving
from kedang.kernel.norms.store import Regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.norms.wording import whom
from kedang.reports.pages import in_working_days
from kedang.web.forms.deeds import CHOSEN

# Several deeds cause the same event; this is the one people mean.
PREFERRED = {
    "contact.recorded": "contact.record",
    "visit.recorded": "visit.record",
    "record.received": "record.receive",
}


# A duty that ends with a state of affairs names no event; this is the deed that changes the fact it looks at.
CHANGING = {"customer.staff_count": "customer.add_collaborator"}


@dataclass(frozen=True)
class Way:
    """Label and address of the main action."""

    label: str
    url: str


def way_of(duty: Any, regs: Regulations) -> Way:
    """The main action of a duty; the file itself when the regulation only looks at a state of affairs."""
    if duty.norm == f".{leaving.NORM}":
        return Way("去交接", reverse("handover", args=[int(duty.subject.partition(":")[2])]))
    if adoption.is_notice(duty):
        return Way("阅读并签收", reverse("rules_sign", args=[duty.pack]))
    found = regs.norm(duty.norm, duty.version)
    done = getattr(found[1].norm, "done", None) if found else None
    if duty.subject.startswith("approval:"):
        return Way("看审批", reverse("approval", args=[duty.subject.partition(":")[2]]))
    if done is None and duty.awaits_form:
        about = f"?customer={duty.file}" if duty.file else ""
        return Way("填表", f"{reverse('form_file', args=[duty.awaits_form])}{about}")
    if done is None and "/tie/" in duty.subject and _claims_decide(found):
        return Way("去裁定", reverse("conflicts"))
    if done is None:
        return Way("办结", reverse("duty_finish", args=[duty.pk]))
    if done.form:
        pack = duty.pack
        form = done.form if "." in done.form else f"{pack}.{done.form}"
        about = f"?customer={duty.file}" if duty.file else ""
        return Way("填表", f"{reverse('form_file', args=[form])}{about}")
    if (
        done.state
        and duty.file
        and found
        and any(f"customer.{term}" in str(done.state) for term in found[0].regulation.pack.terms)
    ):
        return Way("分类", reverse("deed", args=[duty.file, "customer.classify"]))
    changing = next((action for fact, action in CHANGING.items() if done.state and fact in str(done.state)), "")
    if changing and duty.file:
        return Way(vocabulary.actions[changing].label, reverse("deed", args=[duty.file, changing]))
    events = [done.event] if isinstance(done.event, str) else list(done.event or [])
    return _by_event(events, duty.file, duty.subject) or _file(duty.file)


def _claims_decide(found: Any) -> bool:
    """Whether a tie is one between registrations: it ends where the conflict is settled, and not by 办结."""
    return str(getattr(found[1].norm, "choose", "")).strip() == "claims" if found else False


def _by_event(events: list[str], file: int | None, subject: str = "") -> Way | None:
    for kind in events:
        if kind == "flow.moved" and file:
            return Way("去审核", reverse("customer", args=[file]))
        action = PREFERRED.get(kind) or next(
            (name for name, one in vocabulary.actions.items() if kind in one.events), ""
        )
        spec = vocabulary.actions.get(action)
        if spec is None:
            continue
        if spec.about and file:
            return Way(spec.label, reverse("deed", args=[file, action]))
        if not spec.about:
            return Way(spec.label, f"{reverse('deed_alone', args=[action])}{_chosen(action, subject)}")
    return None


def _chosen(action: str, subject: str) -> str:
    """'?expense=12' when the deed is about what the duty names as 'expense:12'."""
    kind, _, number = subject.partition(":")
    return f"?{kind}={number}" if number.isdecimal() and kind in CHOSEN.get(action, ()) else ""


def _file(file: int | None) -> Way:
    return Way("打开档案", reverse("customer", args=[file])) if file else Way("查看", reverse("inbox"))


def in_days(duty: Any) -> bool:
    """Whether a late duty is late by days; of one not late nothing is asked."""
    return bool(duty.due_at and duty.due_at < clock.now()) and not in_working_days(duty)


KINDS = {
    "approval": ("审批", "rubber-stamp"), "form": ("建档与填报", "forms"), "contact": ("跟进与拜访", "phone-call"),
    "review": ("审核", "clipboard-check"), "record": ("档案保管", "archive"), "proposal": ("裁定", "gavel"), "other": ("其他", "checklist"),
}  # fmt: skip
STARTS = {"contact": ("contact.", "visit."), "review": ("flow.", "expense."), "record": ("record.", "inventory.")}


def kind_of(duty: Any, regs: Regulations) -> str:
    """The class of a duty on the left of the inbox: what sort of work closes it."""
    found = regs.norm(duty.norm, duty.version)
    done = getattr(found[1].norm, "done", None) if found else None
    if done is None:
        return "form" if duty.awaits_form else "other"
    if done.form:
        return "form"
    events = [done.event] if isinstance(done.event, str) else list(done.event or [])
    return next((kind for kind, starts in STARTS.items() if any(event.startswith(starts) for event in events)), "other")


def ladder_of(duty: Any, regs: Regulations) -> str:
    """What the regulation does when the deadline passes: who is told, what is proposed or released."""
    found = regs.norm(duty.norm, duty.version)
    if found is None:
        return ""
    version, _ = found
    says = [step for norm in version.regulation.breach_of.get(duty.norm, ()) for step in getattr(norm.norm, "do", [])]
    told = list(dict.fromkeys(whom(version, step["notify"]) or "负责人" for step in says if "notify" in step))
    words = [f"通知{'、'.join(told)}"] if told else []
    words += dict.fromkeys(filter(None, (_step(step) for step in says)))
    if not words:
        return ""
    return ("已" if duty.breached_at else "逾期后将") + "，".join(words)


def _step(step: Any) -> str:
    if "propose" in step:
        return "提出扣分建议" if step["propose"] == "points" else "提出处理建议"
    return {
        "release": "放入公海",
        "reassign": "改派",
        "open_duty": "另派任务",
        "draft": "派人起草文书",
        "escalate": "上报上级",
    }.get(next(iter(step), ""), "")
