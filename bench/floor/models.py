"""One plain table, as wide as a customer list and indexed as its query asks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Plain(models.Model):
    """A row of the floor's list; also what the floor of writing creates."""

    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=40)
    address = models.CharField(max_length=200)
    source = models.CharField(max_length=40)
    status = models.CharField(max_length=8)
    owner = models.IntegerField()
    unit = models.IntegerField()
    registered_on = models.DateField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label = "floor"
        db_table = "bench_plain"
        indexes: ClassVar = [models.Index(fields=["unit", "-updated_at"], name="bench_plain_unit")]

    def __str__(self) -> str:
        return self.name
