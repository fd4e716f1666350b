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


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} 小时" if minutes >= 60 else f"{max(minutes, 1)} 分钟"
