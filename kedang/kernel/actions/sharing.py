"""Duties of several bearers: each has his own row, about one subject; `any` and `first` end with the first who does it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.models import Duty, DutyState

MARK = "#"


def subject_of(subject: str, person: int | None, several: bool) -> str:
    """The subject of one bearer's row."""
    return f"{subject}{MARK}{person}" if several else subject


def plain(subject: str) -> str:
    """What the rows of several bearers have in common."""
    return subject.partition(MARK)[0]


def seen(norm: str, subjects: Iterable[str]) -> set[str]:
    """Which of these subjects had a duty of the norm before, whoever bore it."""
    wanted = set(subjects)
    shared = Q()
    for subject in wanted:
        shared |= Q(subject__startswith=f"{subject}{MARK}")
    rows = Duty.objects.filter(Q(subject__in=wanted) | shared, norm=norm).exclude(state=DutyState.VOID)
    return {plain(each) if plain(each) in wanted else each for each in rows.values_list("subject", flat=True)}


def each_for_himself(norm: CompiledNorm) -> bool:
    """`bearers: all`: one's deed does not close another's duty."""
    return getattr(norm.norm, "bearers", "any") == "all"


def release(norm: CompiledNorm, duty: Duty) -> None:
    """Somebody has done it: the others need not any more, unless each must."""
    if MARK not in duty.subject or each_for_himself(norm):
        return
    rows = Duty.objects.filter(
        norm=duty.norm,
        subject__startswith=f"{plain(duty.subject)}{MARK}",
        opened_by=duty.opened_by,
        state=DutyState.OPEN,
    )
    rows.exclude(pk=duty.pk).update(
        state=DutyState.VOID, breach_check_at=None, next_remind_at=None, closing_note="已由其他责任人办结"
    )
