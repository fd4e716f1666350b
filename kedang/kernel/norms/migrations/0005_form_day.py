"""The day that a filed form is about; of what was filed before, the day on which it happened."""

from typing import Any

from django.db import migrations, models

from kedang.kernel import clock

CHUNK = 2000


def fill(apps: Any, schema_editor: Any) -> None:
    """Give every record its day."""
    records = apps.get_model("norms", "FormRecord").objects
    while rows := list(records.filter(on_day=None).only("id", "occurred_at")[:CHUNK]):
        for row in rows:
            row.on_day = clock.local(row.occurred_at).date()
        records.bulk_update(rows, ["on_day"])


class Migration(migrations.Migration):
    dependencies = [("norms", "0004_library")]

    operations = [
        migrations.AddField("formrecord", "on_day", models.DateField(null=True, verbose_name="所属日期")),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("formrecord", "on_day", models.DateField(verbose_name="所属日期")),
        migrations.RemoveIndex("formrecord", "form_register"),
        migrations.AddIndex("formrecord", models.Index(fields=["form", "-on_day", "-id"], name="form_register")),
    ]
