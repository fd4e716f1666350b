"""How late something is, in the words every screen, notice and scenario uses."""

from __future__ import annotations

from datetime import datetime, timedelta

from kedang.kernel.workdays.calendar import Calendar


def late_words(due: datetime, now: datetime, cal: Calendar, *, natural: bool = False) -> str:
    """'逾期 2 个工作日'; 'natural' counts every day ('逾期 1 天'), for periods that were given in days or weeks."""
    days = (now.date() - due.date()).days if natural else cal.workdays_between(due.date(), now.date())
    if days > 0:
        return f"逾期 {days} {'天' if natural else '个工作日'}"
    return "已逾期" if due.date() < now.date() else f"逾期 {_span(now - due)}"


def grace_words(due: datetime | None, grace: datetime | None, now: datetime, *, form: bool) -> str:
    """'待补交，最迟 2026-03-03 10:00' between the deadline and the end of its grace; '' before and after."""
    if due is None or grace is None or not due < now <= grace:
        return ""
    return f"{'待补交' if form else '待补办'}，最迟 {grace:%Y-%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} 小时" if minutes >= 60 else f"{max(minutes, 1)} 分钟"
