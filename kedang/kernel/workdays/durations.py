"""Spans as regulations write them: '5 working_days' is not a number of seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass

LABELS = {
    "minute": "分钟",
    "hour": "小时",
    "day": "天",
    "working_day": "个工作日",
    "week": "周",
    "month": "个月",
    "quarter": "个季度",
    "year": "年",
}
CHINESE_UNITS = {
    **{label: unit for unit, label in LABELS.items()},
    "工作日": "working_day",
    "个自然日": "day",
    "自然日": "day",
    "日": "day",
    "个小时": "hour",
    "星期": "week",
    "个星期": "week",
    "月": "month",
    "季度": "quarter",
}
_PATTERN = re.compile(r"\s*(\d{1,6})\s*([a-z_]+|[\u4e00-\u9fff]+)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Duration:
    """`n` of `unit`; equal only to the same number of the same unit, because '1 month' is not '30 days'."""

    n: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in LABELS:
            raise ValueError(f"不认识的时间单位：{self.unit}")
        if self.n < 0:
            raise ValueError("时限不能是负数")

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read '5 working_days' or '5个工作日'; ValueError (Chinese) on anything else."""
        match = _PATTERN.fullmatch(str(text))
        if not match:
            raise ValueError(f"时限“{text}”写法不对，应如 5 working_days")
        return cls(int(match[1]), _unit(match[2]))

    def __str__(self) -> str:
        return f"{self.n} {self.unit}" if self.n == 1 else f"{self.n} {self.unit}s"

    def label(self) -> str:
        """As shown to people: '5个工作日'."""
        return f"{self.n}{LABELS[self.unit]}"

    def __mul__(self, factor: int) -> Duration:
        return Duration(self.n * factor, self.unit)

    __rmul__ = __mul__


def _unit(word: str) -> str:
    """The unit's own name for an English or Chinese word."""
    if word in CHINESE_UNITS:
        return CHINESE_UNITS[word]
    unit = word.lower()
    unit = unit[:-1] if unit.endswith("s") else unit
    if unit not in LABELS:
        raise ValueError(f"不认识的时间单位：{word}（可用 {'、'.join(name + 's' for name in LABELS)}）")
    return unit
