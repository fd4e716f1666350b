"""`unit_id__among={3, 5, …}`: one of these ids, handed to the engine as one value however many they are.

A reader's reach is hundreds of departments. With Django's `in` each of them is a placeholder of its own, prepared, quoted and
parsed again in every query of a page: 8 ms of the 19 that a search took.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, ForeignKey, Lookup


class Among(Lookup):
    """Only for whole numbers."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The numbers in the text: there are no more bound values than an engine takes."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} IN ({', '.join(map(str, self._ids()))})", tuple(values)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """One array, of the column's own type: of another one the engine would go through it from the start for each row."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*values, self._ids())

    def _ids(self) -> list[int]:
        ids = sorted(int(one) for one in self.rhs)
        if not ids:
            raise EmptyResultSet
        return ids


def register() -> None:
    """Known to every field; foreign keys do not look among the lookups of others."""
    Field.register_lookup(Among)
    ForeignKey.register_lookup(Among)
