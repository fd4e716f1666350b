"""The full-text index over SearchText: FTS5 on SQLite, a GIN index over a tsvector column on PostgreSQL.

Terms are pairs of neighbouring characters, made by `kedang.customers.search`; neither engine's own parser is asked to
find words in Chinese.
"""

from typing import Any

from django.db import migrations

SQLITE = [
    # detail=column keeps no positions: half the size; search rechecks the text itself.
    'CREATE VIRTUAL TABLE customers_search USING fts5(terms, detail=column, tokenize="unicode61 remove_diacritics 0")',
]
POSTGRES = [
    "ALTER TABLE customers_searchtext ADD COLUMN terms tsvector NOT NULL DEFAULT ''::tsvector",
    "CREATE INDEX customers_search_terms ON customers_searchtext USING gin (terms) WITH (fastupdate = off)",
]
UNDO = {
    "sqlite": ["DROP TABLE customers_search"],
    "postgresql": ["ALTER TABLE customers_searchtext DROP COLUMN terms"],
}


def create(apps: Any, schema: Any) -> None:
    for statement in SQLITE if schema.connection.vendor == "sqlite" else POSTGRES:
        schema.execute(statement)


def drop(apps: Any, schema: Any) -> None:
    for statement in UNDO[schema.connection.vendor]:
        schema.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
