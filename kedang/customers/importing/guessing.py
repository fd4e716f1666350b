"""Where the heading of a list is, and which column is what: by its heading, else by what stands in it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from kedang.customers.importing.targets import ERROR_HEADING, MARK, MARK_HEADING, Company, Target
from kedang.kernel.names import is_person_name
from kedang.kernel.sheets.cells import text_of

LOOK = 20
"""Rows from the top among which the heading is looked for."""
SAMPLE = 200
MARKED = re.compile(r"DR-\d{4}-\d{5,}#\d+")
TOTALS = re.compile(r"(合计|总计|小计|共计|汇总)[:：]?[\d.,]*[户家行条个]?|(制表|审核|填表|经办|备注|说明)人?[:：].*")
_SIGNS = re.compile(r"[\s*＊:：/\\|_\-—.。,，、（）()\[\]【】<>《》\"'“”]+")
_ASIDE = re.compile(r"[（(【\[].*?[）)】\]]")
_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_MOBILE = re.compile(r"(\+?86)?1[3-9]\d{9}")
_PHONE = re.compile(r"(\+?86)?1[3-9]\d{9}|0\d{2,3}\d{7,8}(转?\d{1,6})?|[48]00\d{7}|[2-8]\d{6,7}")
_FIRM = re.compile(
    r"(公司|集团|厂|商行|商店|中心|医院|学校|大学|酒店|银行|经营部|门市部|事务所|合作社|研究院|诊所|药房|超市|工作室|店)(（.*）|\(.*\))?$"
)
_PLACE = re.compile(r"(省|市|区|县|镇|路|街|道|巷|号|楼|室|村)")
_POST = re.compile(r"(经理|主任|总监|采购|会计|主管|院长|科长|处长|厂长|总|董事长|工程师|老板|助理|部长)$")


@dataclass
class Layout:
    """How a sheet is read: which rows are heading, which column feeds what."""

    header: tuple[int, int] | None
    """First and last row number (from 1) of the heading; None for a list without one."""
    headings: list[str] = field(default_factory=list)
    columns: dict[int, str] = field(default_factory=dict)
    """{column index: target id}"""
    why: dict[int, str] = field(default_factory=dict)
    """{column index: 列名 or 内容}"""
    mark: int | None = None

    @property
    def first(self) -> int:
        """Index of the first row that is data."""
        return self.header[1] if self.header else 0


def fold(text: str) -> str:
    """A heading as it is compared: half width, no signs, nothing in brackets, lower case."""
    flat = unicodedata.normalize("NFKC", text).lower()
    bare = _SIGNS.sub("", _ASIDE.sub("", flat))
    return bare or _SIGNS.sub("", flat)


def guess(
    rows: Sequence[Sequence[Any]],
    targets: Sequence[Target],
    company: Company,
    merged: Sequence[Any] = (),
    header: int | None = None,
) -> Layout:
    """The layout of a sheet from its first rows; `header` is the row a person named as the heading (0: there is none)."""
    known = _known(targets)
    found = _header(rows, known, merged) if header is None else ((header, header) if header else None)
    width = max((len(row) for row in rows), default=0)
    headings = _headings(rows, found, width, merged)
    layout = Layout(found, headings)
    if found:
        _by_heading(layout, known)
    data = [row for row in rows[layout.first :] if any(text_of(cell) for cell in row)][:SAMPLE]
    values = [[text for row in data if len(row) > at and (text := text_of(row[at]))] for at in range(width)]
    _by_content(layout, values, targets, company)
    _settle_phones(layout, values)
    return layout


def _known(targets: Sequence[Target]) -> dict[str, str]:
    """{folded heading: target id}; a class of a pack is meant before an argument of the same name."""
    found: dict[str, str] = {}
    for one in targets:
        for word in (one.label, *one.synonyms):
            if one.id.startswith("term-") or fold(word) not in found:
                found[fold(word)] = one.id
    return found


# ---- the heading -------------------------------------------------------------------------------------------------


def _header(rows: Sequence[Sequence[Any]], known: dict[str, str], merged: Sequence[Any]) -> tuple[int, int] | None:
    """The row with most known headings; a second level above or below it belongs to it."""
    scores = [_score(row, known) for row in rows[:LOOK]]
    best = max(range(len(scores)), key=lambda at: (scores[at], -at), default=None)
    if best is None or scores[best] < 2:
        return _lone(rows, known)
    start = end = best
    if best > 0 and _is_group_row(rows[best - 1], rows[best], best - 1, merged):
        start = best - 1
    elif best + 1 < len(rows) and _has_second_level(rows[best], rows[best + 1], best, known, merged):
        end = best + 1
    return start + 1, end + 1


def _score(row: Sequence[Any], known: dict[str, str]) -> float:
    texts = [text_of(cell) for cell in row if isinstance(cell, str)]
    found = {known[fold(text)] for text in texts if text and fold(text) in known}
    looks_like_data = sum(
        bool(_PHONE.fullmatch(_flat(text)) or _CODE.fullmatch(_flat(text)) or len(text) > 24) for text in texts
    )
    marked = 2 * sum(text == MARK_HEADING for text in texts)
    return len(found) + marked - 2 * looks_like_data - sum(isinstance(cell, (int, float)) for cell in row)


def _lone(rows: Sequence[Sequence[Any]], known: dict[str, str]) -> tuple[int, int] | None:
    """A row of words of which only the customer's name is known is a heading all the same."""
    for at, row in enumerate(rows[:5]):
        texts = [text for cell in row if (text := text_of(cell))]
        words = all(isinstance(cell, str) and len(cell) <= 16 for cell in row if cell != "")
        if texts and words and any(known.get(fold(text)) == "name" for text in texts):
            return at + 1, at + 1
    return None


def _is_group_row(above: Sequence[Any], below: Sequence[Any], at: int, merged: Sequence[Any]) -> bool:
    """A row of groups over the heading: several words, each over more than one column (a title is one word)."""
    texts = [text for cell in above if (text := text_of(cell))]
    spans = [one for one in merged if one[0][0] == at and one[1][1] > one[0][1]]
    falls = [one for one in merged if one[0][0] == at and one[1][0] > at]
    if len(texts) < 2 or any(len(text) > 12 for text in texts):
        return False
    return bool(spans or falls) or len(texts) < len([cell for cell in below if text_of(cell)])


def _has_second_level(
    row: Sequence[Any], below: Sequence[Any], at: int, known: dict[str, str], merged: Sequence[Any]
) -> bool:
    falls = [one for one in merged if one[0][0] == at and one[1][0] == at + 1]
    spans = [one for one in merged if one[0][0] == at and one[1][1] > one[0][1] and one[1][0] == at]
    if falls or spans:
        return _score(below, known) >= 1 or (
            any(text_of(cell) for cell in below) and _score(below, known) > -1 and bool(falls)
        )
    return False


def _headings(
    rows: Sequence[Sequence[Any]], header: tuple[int, int] | None, width: int, merged: Sequence[Any]
) -> list[str]:
    """One text a column: both levels joined, a merged group over all its columns."""
    if header is None:
        return [""] * width
    levels = [_spread(rows[number - 1], number - 1, width, merged) for number in range(header[0], header[1] + 1)]
    joined = []
    for at in range(width):
        parts = [level[at] for level in levels if level[at]]
        joined.append("·".join(dict.fromkeys(parts)))
    return joined


def _spread(row: Sequence[Any], at: int, width: int, merged: Sequence[Any]) -> list[str]:
    texts = [text_of(row[column]) if column < len(row) else "" for column in range(width)]
    for (top, left), (bottom, right) in merged:
        if top <= at <= bottom and right > left and left < width:
            for column in range(left + 1, min(right + 1, width)):
                texts[column] = texts[column] or texts[left]
    return texts


def _by_heading(layout: Layout, known: dict[str, str]) -> None:
    taken: set[str] = set()
    for exact in (True, False):
        for at, heading in enumerate(layout.headings):
            if at in layout.columns or layout.mark == at or heading.startswith(ERROR_HEADING):
                continue
            if heading.startswith(MARK_HEADING[:4]):
                layout.mark = at
                continue
            found = _meant(heading, known) if exact else _alike(heading, known)
            if found and found not in taken:
                layout.columns[at], layout.why[at] = found, "列名"
                taken.add(found)


def _meant(heading: str, known: dict[str, str]) -> str:
    """The target a heading names; of two levels the lower one in the sense of the upper."""
    whole = known.get(fold(heading), "")
    if whole or "·" not in heading:
        return whole
    group, _, own = heading.partition("·")
    found = known.get(fold(group) + fold(own)) or known.get(fold(own), "")
    if "联系人" in group:
        found = {"phone": "contact_phone", "name": "contact_name"}.get(found, found)
    elif found in ("contact_name",) and fold(own) in ("姓名",) and "客户" in group:
        found = "name"
    return found


def _alike(heading: str, known: dict[str, str]) -> str:
    """A heading that holds a known one of three characters or more whole: 客户名称全称, 客户联系电话1."""
    bare = fold(heading)
    inside = [(len(word), target) for word, target in known.items() if len(word) >= 3 and word in bare]
    return max(inside)[1] if inside else ""


# ---- the content -------------------------------------------------------------------------------------------------


def _by_content(layout: Layout, values: list[list[str]], targets: Sequence[Target], company: Company) -> None:
    """Columns that no heading names. In a list with a heading only what cannot be mistaken is guessed so."""
    taken = set(layout.columns.values())
    for at, texts in enumerate(values):
        if at in layout.columns or at == layout.mark or len(texts) < 1 or (layout.headings[at] and layout.header):
            continue
        found = _looks(texts, targets, company, taken)
        if found and found not in taken:
            layout.columns[at], layout.why[at] = found, "内容"
            taken.add(found)


def _looks(texts: list[str], targets: Sequence[Target], company: Company, taken: set[str]) -> str:
    share = _share(texts)
    if layout_mark := share(lambda text: bool(MARKED.fullmatch(text))):
        return MARK if layout_mark > 0.8 else ""
    if share(lambda text: bool(_CODE.fullmatch(_flat(text).upper()))) >= 0.5:
        return "credit_code"
    if share(lambda text: bool(_MOBILE.fullmatch(_flat(text)))) >= 0.5:
        return "contact_phone" if "contact_phone" not in taken else "phone"
    if share(lambda text: bool(_PHONE.fullmatch(_flat(text)))) >= 0.5:
        return "phone" if "phone" not in taken else "contact_phone"
    for one in targets:
        choices = {*one.field.choices, *one.field.choices.values()}
        if choices and share(choices.__contains__) >= 0.7:
            return one.id
    if share(company.units.__contains__) >= 0.7:
        return "unit"
    if share(lambda text: text in company.people) >= 0.7 and len(set(texts)) < max(len(texts), 2):
        return "owner"
    if share(lambda text: bool(_FIRM.search(text))) >= 0.5:
        return "name"
    if share(lambda text: bool(_PLACE.search(text)) and len(text) >= 6) >= 0.6:
        return "address"
    if share(lambda text: bool(_POST.search(text)) and len(text) <= 8) >= 0.6:
        return "contact_post"
    if share(is_person_name) >= 0.7 and len(set(texts)) > len(texts) // 3:
        return "contact_name"
    return ""


def _share(texts: list[str]) -> Any:
    return lambda test: sum(map(test, texts)) / len(texts)


@lru_cache(maxsize=4096)
def _flat(text: str) -> str:
    return re.sub(r"[\s\-–—()（）.]", "", unicodedata.normalize("NFKC", text)).removesuffix(
        "0" if text.endswith(".0") else ""
    )


def _settle_phones(layout: Layout, values: list[list[str]]) -> None:
    """One phone column of mobiles beside a contact is the contact's; a contact's phone without a contact is the firm's."""
    held = {target: at for at, target in layout.columns.items()}
    if "contact_name" in held and "phone" in held and "contact_phone" not in held:
        texts = values[held["phone"]]
        if texts and sum(bool(_MOBILE.fullmatch(_flat(text))) for text in texts) / len(texts) >= 0.5:
            layout.columns[held["phone"]] = "contact_phone"
    if "contact_name" not in held and "contact_phone" in held and "phone" not in held:
        layout.columns[held["contact_phone"]] = "phone"


def is_total(cells: Sequence[Any]) -> bool:
    """A line under the list (合计, 制表人 …), which is no customer."""
    first = next((text for cell in cells if (text := text_of(cell))), "")
    flat = unicodedata.normalize("NFKC", first).replace(" ", "")
    return bool(TOTALS.fullmatch(flat)) and len(flat) <= 40
