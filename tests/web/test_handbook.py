"""使用手册: every link and picture is there, every name in 「」 stands on the pages, and each role is shown its own page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from kedang.kernel.org.models import Person
from kedang.web import handbook
from tests.web.conftest import Office

ROOT = Path(settings.BASE_DIR)
FILES = sorted(handbook.FOLDER.glob("*.md"))
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"「([^」]+)」")


def words_of_the_product() -> str:
    """All text that the product can show: templates, Chinese in code, packs."""
    folders = [(ROOT / "kedang", ("*.html", "*.py", "*.js", "*.typ")), (ROOT / "packs", ("*.yaml",))]
    paths = [path for folder, kinds in folders for kind in kinds for path in folder.rglob(kind)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if "vendor" not in path.parts)


def test_every_page_of_the_list_is_written_and_none_besides() -> None:
    assert {path.stem for path in FILES} == set(handbook.PAGES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_link_and_picture_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for picture, target in LINK.findall(text):
        assert not target.startswith(("http", "/")), f"{target}: the handbook stays inside the repository"
        assert (path.parent / target.partition("#")[0]).is_file(), f"{path.name}: {target} is missing"
        if picture:
            assert finders.find(f"handbook/{Path(target).name}"), f"{target} is not served"


def test_every_name_in_corner_brackets_stands_in_the_product() -> None:
    product = words_of_the_product()
    named = {(path.name, name) for path in FILES for name in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 60
    assert sorted(pair for pair in named if pair[1] not in product) == []


@pytest.mark.parametrize(
    ("login", "page"),
    [
        ("wang", "业务员"),
        ("xu", "内勤与档案管理员"),
        ("hexin", "内勤与档案管理员"),
        ("zhou", "部门负责人"),
        ("zheng", "总经理与审批人"),
        ("wu", "财务、法务、质量"),
        ("qin", "客服与前台"),
        ("fang", "制度负责人"),
        ("admin", "系统管理员"),
    ],
)
def test_everybody_is_shown_the_page_of_his_role(
    login: str, page: str, office: Office, as_: Callable[[str], Client]
) -> None:
    assert handbook.PAGES[handbook.page_for(Person.objects.get(username=login))] == page
    text = as_(login).get("/handbook/").content.decode()
    assert f'aria-current="page">{page}</a>' in text
    assert 'src="/static/handbook/' in text


def test_links_between_pages_lead_to_pages_and_what_is_typed_as_html_stays_text(
    office: Office, as_: Callable[[str], Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'href="/handbook/head/"' in as_("admin").get("/handbook/admin/").content.decode()
    for path in FILES:
        (tmp_path / path.name).write_text(
            "# 一\n\n<script>alert(1)</script> [点](javascript:alert(1))", encoding="utf-8"
        )
    monkeypatch.setattr(handbook, "FOLDER", tmp_path)
    text = as_("wang").get("/handbook/sales/").content.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert 'href="javascript' not in text


def test_a_server_without_the_handbook_says_so_and_there_are_no_other_pages(
    office: Office, as_: Callable[[str], Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert as_("wang").get("/handbook/nothing/").status_code == 404
    assert as_("wang").get("/handbook/operations/").status_code == 404
    monkeypatch.setattr(handbook, "FOLDER", tmp_path)
    assert "没有装使用手册" in as_("wang").get("/handbook/").content.decode()
