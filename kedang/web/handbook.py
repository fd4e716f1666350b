"""使用手册: the pages of docs/handbook, a page a role, drawn from Markdown. Pictures are served as static files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web.concerning import concerns

if TYPE_CHECKING:
    from markdown_it.token import Token

FOLDER = Path(settings.BASE_DIR) / "docs" / "handbook"
START = "README"
PAGES = {
    START: "目录", "sales": "业务员", "records": "内勤与档案管理员", "head": "部门负责人", "approver": "总经理与审批人",
    "finance": "财务、法务、质量", "desk": "客服与前台", "steward": "制度负责人", "admin": "系统管理员",
}  # fmt: skip
OPERATIONS = "operations"
"""How the server is run: beside the handbook's folder, for administrators."""
POSTS = {
    "general_manager": "approver", "head": "head", "custodian": "records", "clerk": "records", "finance": "finance",
    "market_admin": "steward", "salesperson": "sales",
}  # fmt: skip
PICTURE = re.compile(r"^\.\./screenshots/([\w.-]+\.png)$")
PAGE = re.compile(r"^(?:\.\./)?(\w+)\.md(#.*)?$")


@dataclass(frozen=True)
class Drawn:
    """A page: its HTML, and its sections for the list beside it."""

    html: str
    sections: list[tuple[str, str]]


def page_for(person: Person) -> str:
    """The page that speaks of a person's work: by his first post that has one, else by what the regulations say of him."""
    held = org.held_by(person)
    for key in POSTS:
        if any(each.post == key for each in held):
            return POSTS[key]
    if person.is_admin:
        return "admin"
    if concerns(person, "reception.reported"):
        return "desk"
    return "steward" if _owns_a_regulation(person) else "sales"


def _owns_a_regulation(person: Person) -> bool:
    posts = [(each.post, each.unit) for each in org.held_by(person)]
    packs = [(version, version.regulation.pack) for version in regulations().in_force()]
    return any(pack.owner and role_held(pack.roles[pack.owner], posts, version) for version, pack in packs)


def path_of(page: str) -> Path | None:
    """Where a page is written; None for one there is not."""
    if page == OPERATIONS:
        path = FOLDER.parent / f"{OPERATIONS}.md"
    elif page in PAGES:
        path = FOLDER / f"{page}.md"
    else:
        return None
    return path if path.is_file() else None


def drawn(page: str) -> Drawn | None:
    """A page as HTML; None when it is not there."""
    path = path_of(page)
    return _drawn(path, path.stat().st_mtime_ns) if path else None


@lru_cache(maxsize=32)
def _drawn(path: Path, changed: int) -> Drawn:
    from markdown_it import MarkdownIt  # only the handbook needs it

    # `js-default` shows HTML as text and refuses links that run something.
    reader = MarkdownIt("js-default").enable("table")
    tokens = reader.parse(path.read_text(encoding="utf-8"))
    sections = _sections(tokens)
    for token in _all(tokens):
        _point(token)
    return Drawn(reader.renderer.render(tokens, reader.options, {}), sections)


def _sections(tokens: list[Token]) -> list[tuple[str, str]]:
    """(anchor, heading) of the second level; the headings get their anchors."""
    found = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            anchor = f"s{len(found) + 1}"
            token.attrSet("id", anchor)
            found.append((anchor, tokens[at + 1].content.replace("**", "")))
    return found


def _all(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _point(token: Token) -> None:
    """Links between files of the repository become addresses of the product."""
    if token.type == "image" and (match := PICTURE.match(str(token.attrGet("src") or ""))):
        token.attrSet("src", static(f"handbook/{match[1]}"))
        token.attrSet("loading", "lazy")
        token.attrSet("class", "phone" if match[1].endswith("-390.png") else "desk")
    if token.type == "link_open" and (match := PAGE.match(str(token.attrGet("href") or ""))):
        token.attrSet("href", reverse("handbook_page", args=[match[1]]) + (match[2] or ""))
    if token.type == "table_open":
        token.attrSet("class", "kd-table")
