"""Triggers that refuse to change what is recorded, and the writers' shared lock on PostgreSQL."""

from django.db import migrations


def install(apps, schema_editor):
    """Create the triggers of this engine."""
    from kedang.kernel.ledger import triggers

    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    """Drop them again."""
    from kedang.kernel.ledger import triggers

    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
