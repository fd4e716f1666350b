"""The search index: fragments of any length from one character, pinyin initials, numbers, codes, phones.

Every line of `SearchText.text` is one folded value. The index holds its pairs of neighbouring characters (and its last
character, so that one character can be found as a prefix); a hit is then checked against the text itself.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from kedang.customers.models import Contact, Customer, FormerName, PhoneDigits, SearchText
from kedang.kernel import direct
from kedang.kernel.names import digits, fold
from kedang.kernel.names import pinyin_initials as initials
from kedang.kernel.rows import Statement, insert

MAX_IDS = 2000
# A letter to both engines, and in no name: extension A begins with it. What it lets through is compared with the text.
PRIVATE_MARK = "\u3400"
FULL_NUMBER = 7  # digits from which a phone counts as known to the searcher, not guessed


# ---- writing: called by the actions that change a name, a number, a contact or a phone -------------------------------


def reindex(customer: Customer) -> None:
    """Write the two search rows of a file anew from what is stored."""
    former = FormerName.objects.filter(customer=customer).values_list("name", flat=True)
    people = Contact.objects.filter(customer=customer, left_at=None).values_list("name", flat=True)
    phones = PhoneDigits.objects.filter(customer=customer).values_list("digits", flat=True)
    public, private = lines_of(customer.name, customer.number, customer.credit_code or "", former, people, phones)
    old = SearchText.objects.filter(customer=customer)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM customers_search WHERE rowid = %s", [(pk,) for pk in old.values_list("pk", flat=True)]
            )
    old.delete()
    for sql, values in _insertion(_rows(customer.pk, public, private)):
        direct.run(sql, values)


@dataclass(frozen=True)
class Entry:
    """What the index knows of a file just registered."""

    customer: int
    name: str
    number: str
    credit_code: str = ""
    contacts: Sequence[str] = ()
    phones: Sequence[str] = ()


def index_new(entries: Sequence[Entry]) -> list[Statement]:
    """Write the two search rows of files just registered, from values at hand; or what is left to be sent for it, with
    whatever else is."""
    rows: list[Row] = []
    for each in entries:
        public, private = lines_of(each.name, each.number, each.credit_code, (), each.contacts, each.phones)
        rows += _rows(each.customer, public, private)
    return _insertion(rows)


def lines_of(
    name: str,
    number: str,
    credit_code: str = "",
    former: Iterable[str] = (),
    contacts: Iterable[str] = (),
    phones: Iterable[str] = (),
) -> tuple[list[str], list[str]]:
    """The folded values of a file's public and private search row, each once; also for whoever fills rows in bulk."""
    names = [name, *former]
    public = [fold(one) for one in names] + [initials(one) for one in names] + [fold(number), fold(credit_code)]
    private = [form for one in contacts for form in (fold(one), initials(one))] + list(phones)
    return _kept(public), _kept(private)


def _kept(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(line for line in lines if line))


def terms_in(lines: Iterable[str], private: bool) -> list[str]:
    """The index terms of a row, each once. A private row's are marked: a search among the few private hits of a common
    fragment must not go through the thousands of public ones."""
    mark = PRIVATE_MARK if private else ""
    return list(dict.fromkeys(mark + term for line in lines for term in terms_of(line)))


Row = tuple[int, bool, str, list[str]]
"""(file, private, text, terms)"""


def _rows(customer: int, public: list[str], private: list[str]) -> list[Row]:
    return [
        (customer, hidden, "\n".join(lines), terms_in(lines, hidden))
        for hidden, lines in ((False, public), (True, private))
    ]


def _insertion(rows: Sequence[Row]) -> list[Statement]:
    """Search rows with their index. On PostgreSQL one statement, for the caller to send; on SQLite they are written."""
    if connection.vendor == "sqlite":
        # The table of fragments is a table of its own here; it shares the row's key.
        texts = [{"customer_id": owner, "private": hidden, "text": text} for owner, hidden, text, _ in rows]
        keys = insert(SearchText, texts)
        direct.run_each(
            "INSERT INTO customers_search(rowid, terms) VALUES (%s, %s)",
            [(key, " ".join(row[3])) for key, row in zip(keys, rows, strict=True)],
        )
        return []
    # Terms hold no blank (`fold`), so that one text can carry a row's.
    sql = (
        "INSERT INTO customers_searchtext(customer_id, private, text, terms)"
        " SELECT (r->>0)::bigint, (r->>1)::boolean, r->>2,"
        " array_to_tsvector(array_remove(string_to_array(r->>3, ' '), ''))"
        " FROM jsonb_array_elements(%s::jsonb) AS t(r)"
    )
    table = [(owner, hidden, text, " ".join(terms)) for owner, hidden, text, terms in rows]
    return [(sql, [json.dumps(table, ensure_ascii=False)])]


def terms_of(line: str) -> list[str]:
    """The index terms of one folded value."""
    return [line[i : i + 2] for i in range(len(line) - 1)] + [line[-1]] if line else []


# ---- reading ---------------------------------------------------------------------------------------------------------


def matching_ids(text: str, *, private: bool = False) -> list[int] | None:
    """Ids of files that match every word of the text; None when a word has more than MAX_IDS (then use `matches`)."""
    words = _words(text)
    if not words:
        return []
    found: set[int] | None = None
    for word in words:
        if _is_common(word, private):
            return None
        ids = _ids(word, private, MAX_IDS)
        if len(ids) > MAX_IDS:
            _note_common(word, private)
            return None
        found = set(ids) if found is None else found & set(ids)
    return sorted(found or ())


_common: dict[tuple[str, bool, int], float] = {}
"""Fragments found to be too common to be listed, and until when that is believed: an engine must gather all files that have
one before it can say so. It decides how is searched, never what is found."""
BELIEVED, REMEMBERED = 600.0, 2000


def _is_common(word: str, private: bool) -> bool:
    return _common.get((word, private, MAX_IDS), 0.0) > time.monotonic()


def _note_common(word: str, private: bool) -> None:
    if len(_common) >= REMEMBERED:
        _common.clear()
    _common[word, private, MAX_IDS] = time.monotonic() + BELIEVED


def matches(text: str, *, private: bool = False) -> Q:
    """The same search as a condition on each file; for fragments too common to be listed first."""
    rows = [
        Q(Exists(SearchText.objects.filter(customer=OuterRef("pk"), private=private, text__contains=word)))
        for word in _words(text)
    ]
    return reduce(Q.__and__, rows, Q())


def ids_by_phone(text: str) -> list[int]:
    """Ids of files with exactly this phone number; none for fewer than seven digits."""
    number = digits(text)
    if len(number) < FULL_NUMBER:
        return []
    return list(PhoneDigits.objects.filter(digits=number).values_list("customer_id", flat=True).distinct()[:MAX_IDS])


def candidate_ids(normalized: str, limit: int = MAX_IDS) -> list[int]:
    """Ids of files whose name shares enough with a normalised name to be worth comparing, at most `limit`."""
    pairs = [normalized[i : i + 2] for i in range(len(normalized) - 1)]
    if not pairs:
        return []
    if len(pairs) <= 3:
        groups: list[tuple[str, ...]] = [(pair,) for pair in pairs]
    else:
        groups = list(pairwise(pairs))
        # 上海市… is shared by a tenth of all files and would fill the limit.
        telling = [group for group in groups if not re.search(r"[省市县区]", "".join(group))]
        groups = telling or groups
    return _query(_any_of(groups), "", False, limit)


def _words(text: str) -> list[str]:
    return [word for word in (fold(part) for part in text.split()) if word][:6]


def _ids(word: str, private: bool, limit: int) -> list[int]:
    return _query(_all_of(word, PRIVATE_MARK if private else ""), word, private, limit + 1)


def _quoted(term: str) -> str:
    # fold() leaves letters, digits and Han only, so a term can hold no quote and no operator.
    return f'"{term}"' if connection.vendor == "sqlite" else f"'{term}'"


def _all_of(word: str, mark: str) -> str:
    star = "*" if connection.vendor == "sqlite" else ":*"
    if len(word) == 1:
        return _quoted(mark + word) + star
    joiner = " AND " if connection.vendor == "sqlite" else " & "
    return joiner.join(_quoted(mark + word[i : i + 2]) for i in range(len(word) - 1))


def _any_of(groups: Collection[tuple[str, ...]]) -> str:
    both, either = (" AND ", " OR ") if connection.vendor == "sqlite" else (" & ", " | ")
    return either.join("(" + both.join(_quoted(term) for term in group) + ")" for group in groups)


def _query(expression: str, recheck: str, private: bool, limit: int) -> list[int]:
    """Ids first, without an order: sorting here makes PostgreSQL walk the whole table backwards."""
    if connection.vendor == "sqlite":
        sql = (
            "SELECT t.customer_id FROM customers_search s JOIN customers_searchtext t ON t.id = s.rowid"
            " WHERE s.terms MATCH %s AND t.private = %s AND instr(t.text, %s) > 0 LIMIT %s"
        )
        values = [expression, private, recheck, limit]
        if not recheck:
            sql, values = sql.replace(" AND instr(t.text, %s) > 0", ""), [expression, private, limit]
    else:
        sql = (
            "SELECT customer_id FROM customers_searchtext"
            " WHERE terms @@ %s::tsquery AND private = %s AND position(%s in text) > 0 LIMIT %s"
        )
        values = [expression, private, recheck, limit]
    return [row[0] for row in direct.fetch(sql, values)]
