"""Grants of a part (fields of a file, days of a register), their numbers and their early end."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("norms", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="end_reason",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="收回事由"),
        ),
        migrations.AddField(
            model_name="grant",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="fields",
            field=models.JSONField(blank=True, default=list, verbose_name="栏目"),
        ),
        migrations.AddField(
            model_name="grant",
            name="first_day",
            field=models.DateField(blank=True, null=True, verbose_name="自"),
        ),
        migrations.AddField(
            model_name="grant",
            name="form",
            field=models.CharField(blank=True, default="", max_length=160, verbose_name="表单"),
        ),
        migrations.AddField(
            model_name="grant",
            name="last_day",
            field=models.DateField(blank=True, null=True, verbose_name="至"),
        ),
        migrations.AddField(
            model_name="grant",
            name="number",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="授权编号"),
        ),
        migrations.AddField(
            model_name="grant",
            name="of_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="file",
            field=models.BigIntegerField(blank=True, db_index=True, null=True),
        ),
        migrations.AddIndex(
            model_name="formrecord",
            index=models.Index(fields=["form", "-occurred_at", "-id"], name="form_register"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("form", ""), _negated=True), fields=["form", "person"], name="grant_by_form"
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["granted_by", "-id"], name="grant_by_giver"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("request__isnull", False)), fields=["request"], name="grant_by_request"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True), fields=("number",), name="grant_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("file__isnull", False), models.Q(("form", ""), _negated=True), _connector="OR"),
                name="grant_is_about_something",
            ),
        ),
    ]
