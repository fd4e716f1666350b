"""A real company starts with one administrator and no default account."""

from __future__ import annotations

import argparse

import pytest

from kedang.cli import init
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person, Unit
from kedang.kernel.org.selectors import root_unit


def arguments(**given: str) -> argparse.Namespace:
    return argparse.Namespace(**{"company": "测试公司", "admin": "root1", "name": "系统管理员", **given})


@pytest.mark.django_db
def test_a_company_begins_with_its_name_and_one_administrator_who_must_change_the_password(capsys) -> None:
    assert init.run(arguments()) == 0
    person = Person.objects.get()
    assert (person.username, person.is_admin, person.must_change_password) == ("root1", True, True)
    password = capsys.readouterr().out.split("一次性密码 ")[1].split("，")[0]
    assert person.check_password(password)
    assert root_unit().name == "测试公司"
    assert [version.pack for version in regulations().in_force()] == ["baseline"]


@pytest.mark.django_db
def test_a_second_init_changes_nothing_and_says_so(capsys) -> None:
    init.run(arguments())
    assert init.run(arguments(company="另一家", admin="root2")) == 2
    assert "已有公司" in capsys.readouterr().err
    assert (Person.objects.count(), Unit.objects.filter(parent=None).count()) == (1, 1)


@pytest.mark.django_db
def test_a_company_without_a_name_is_refused_and_leaves_nothing_behind(capsys) -> None:
    assert init.run(arguments(company="  ")) == 2
    assert not Person.objects.exists()
    assert capsys.readouterr().err.strip()
