"""The company calendar: only the days that differ from 'Monday to Friday', and which years are confirmed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class CalendarDay(models.Model):
    """One day with a name or a state of its own: a holiday, a make-up day (调休), a company day."""

    date = models.DateField("日期", primary_key=True)
    is_workday = models.BooleanField("上班")
    name = models.CharField("名称", max_length=60, blank=True, default="")
    source = models.CharField("来源", max_length=60, blank=True, default="")
    confirmed = models.BooleanField("已公布", default=True)

    class Meta:
        ordering: ClassVar = ["date"]
        verbose_name = "工作日历"

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"


class CalendarYear(models.Model):
    """A year that has been loaded; unconfirmed means the state has not published it (暂定)."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    confirmed = models.BooleanField("已公布", default=False)

    class Meta:
        ordering: ClassVar = ["year"]
        verbose_name = "日历年度"

    def __str__(self) -> str:
        return f"{self.year}{'' if self.confirmed else '（暂定）'}"


class CalendarStamp(models.Model):
    """One row whose version differs after every change, so that each process knows when its copy is old."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)
