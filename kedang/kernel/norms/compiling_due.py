"""Compiles who must do it and by when: `bearer:` and `due:` of duties and schedules."""

from __future__ import annotations

import re

from kedang.kernel.norms.binding import Vars
from kedang.kernel.norms.compiling_tools import IDENTIFIER, NormTools
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.schema import Before, Due, Extend, OutsideBearer, Window
from kedang.kernel.workdays import deadlines

_KINDS = ("within", "on", "before", "window")


class DueTools(NormTools):
    """The part of a norm's compiler that knows bearers and deadlines."""

    def bearer(self, bearer: str | OutsideBearer, variables: Vars) -> None:
        """A target, or an outside party with the role that reports for it."""
        if isinstance(bearer, str):
            self.target("bearer", bearer, variables)
        elif bearer.reported_by in self.pack.roles:
            self.roles["bearer"] = bearer.reported_by
        else:
            hint = suggest(bearer.reported_by, self.pack.roles)
            self.fault("bearer.reported_by", f"没有角色“{bearer.reported_by}”", hint)
        if isinstance(bearer, OutsideBearer) and IDENTIFIER.fullmatch(bearer.outside) and bearer.outside != "customer":
            self.fault(
                "bearer.outside", f"不认识的外部当事人“{bearer.outside}”", "写 customer，或中文名称，例如 供应商"
            )

    def due(self, due: Due, variables: Vars) -> None:
        """Everything a deadline may say."""
        said = [key for key in _KINDS if getattr(due, key) is not None]
        if len(said) > 1:
            self.fault(f"due.{said[1]}", f"期限只能写 {'、'.join(_KINDS)} 之一，写了 {'、'.join(said)}")
        self.literal("due.within", due.within, "duration")
        self.literal("due.at", due.at, "time")
        self.expr("due.from", due.from_, variables, "date|datetime", gaps=True)
        if due.on is not None:
            self._day("due.on", due.on, variables)
        if due.grace is not None:
            self.literal("due.grace.until", due.grace.until, "time")
        if due.before is not None:
            self._before(due.before, variables)
        if due.window is not None:
            self._window(due.window, variables)
        if due.extend is not None:
            self._extend(due.extend)
        if (due.pause is None) is not (due.resume is None):
            self.fault(
                f"due.{'pause' if due.pause else 'resume'}",
                "pause 与 resume 要一起写",
                "pause: 停止计时的事件，resume: 恢复计时的事件",
            )

    def _day(self, path: str, spec: str, variables: Vars) -> None:
        """A named day, a parameter, or an expression of type date."""
        try:
            deadlines.check_spec(spec)
        except ValueError as fault:
            if re.search(r"[(.]", spec) or spec in variables or spec in self.pack.parameters:
                self.expr(path, spec, variables, "date|datetime", gaps=True)
            else:
                self.fault(path, str(fault))

    def _before(self, before: Before, variables: Vars) -> None:
        """`event: planned_on` is short for `event.planned_on` of the opening event."""
        short = IDENTIFIER.fullmatch(before.event) and before.event not in variables and "event" in variables
        text = f"event.{before.event}" if short else before.event
        self.expr("due.before.event", text, variables, "date|datetime", gaps=True)
        self.literal("due.before.n", before.n, "duration")

    def _window(self, window: Window, variables: Vars) -> None:
        self._day("due.window.from", window.from_, variables)
        self._day("due.window.to", window.to, variables)
        self.literal("due.window.at", window.at, "time")

    def _extend(self, extend: Extend) -> None:
        self.literal("due.extend.each", extend.each, "duration")
        self.literal("due.extend.total", extend.total, "duration")
        if isinstance(extend.times, str):
            parameter = self.pack.parameters.get(extend.times)
            if parameter is None:
                self.fault("due.extend.times", f"没有参数“{extend.times}”", suggest(extend.times, self.pack.parameters))
            elif parameter.type != "number":
                self.fault("due.extend.times", f"参数“{extend.times}”的类型是 {parameter.type}，这里要 number")
        elif extend.times < 1:
            self.fault("due.extend.times", "至少能延期一次", "不许延期的不写 extend")
