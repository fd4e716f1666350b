"""Load the calendar from the library, so that the calendar page has rows from the first minute."""

import secrets

from django.db import migrations

FIRST, LAST = 2015, 2027


def seed(apps, schema_editor):
    """Write the years that are not there yet; runs again without harm."""
    from kedang.kernel.workdays import library

    day_model = apps.get_model("workdays", "CalendarDay")
    year_model = apps.get_model("workdays", "CalendarYear")
    stamp_model = apps.get_model("workdays", "CalendarStamp")
    for number in range(FIRST, LAST + 1):
        if year_model.objects.filter(pk=number).exists():
            continue
        year = library.year_of(number)
        day_model.objects.bulk_create(
            [
                day_model(
                    date=day.day,
                    is_workday=day.is_workday,
                    name=day.name[:60],
                    source=year.source,
                    confirmed=year.confirmed,
                )
                for day in year.days
            ],
            ignore_conflicts=True,
        )
        year_model.objects.create(year=number, confirmed=year.confirmed)
    stamp_model.objects.get_or_create(pk=1, defaults={"version": secrets.randbits(62) + 1})


class Migration(migrations.Migration):
    dependencies = [("workdays", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
