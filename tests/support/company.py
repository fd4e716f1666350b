"""A small company and a small house regulation for the tests of the apps: who may see what, one class, nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from kedang.kernel import clock
from kedang.kernel.actions.performing import perform
from kedang.kernel.norms import store
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.models import PackState, PackVersion
from kedang.kernel.org import changes as org
from kedang.kernel.org.models import Person, Post, Unit

HOUSE = """
pack: house
version: 1
title: 测试用数据权限
issuer: 示例公司
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
  head: {name: 部门经理, post: head, of: file.unit}
  gm: {name: 总经理, post: general_manager}
  clerk: {name: 内勤, post: clerk}
terms:
  category: {name: 客户类别, values: {key: 重点客户, general: 一般客户}}
access:
  sales: {list: 本部门, open: 本人, find: exact}
  head: {list: 本部门及以下, open: 本部门及以下, find: similar}
  gm: {list: 全部, open: 全部, find: similar}
  clerk: {list: 全部, open: 全部, fields: {contact: mask, deal: hide}, find: none, speaks_for: 全部}
"""
POSTS = {
    "salesperson": ("业务员", False),
    "head": ("部门经理", True),
    "general_manager": ("总经理", False),
    "clerk": ("内勤", False),
    "finance": ("财务", False),
    "staff": ("员工", False),
}


@dataclass
class Company:
    """Units, posts and people by name."""

    units: dict[str, Unit]
    posts: dict[str, Post]
    people: dict[str, Person]

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def hire(self, name: str, post: str, unit: str) -> Person:
        """One more person."""
        person = org.create_person(username=f"u{len(self.people)}", name=name)
        org.appoint(person, self.posts[post], self.units[unit], start=date(2025, 1, 1))
        self.people[name] = person
        return person

    def do(self, name: str, by: str, /, **args: Any) -> Any:
        """Perform an action as somebody and return its value."""
        return perform(name, by=self.people[by], **args).value


CAST = [
    ("小王", "salesperson", "业务一部"),
    ("小赵", "salesperson", "业务一部"),
    ("周经理", "head", "业务一部"),
    ("小李", "salesperson", "业务二部"),
    ("吴经理", "head", "业务二部"),
    ("郑总", "general_manager", "总经办"),
    ("何内勤", "clerk", "总经办"),
    ("钱会计", "finance", "财务部"),
    ("丁仓管", "staff", "仓库"),
]


def found() -> Company:
    """The company with its cast."""
    posts = {key: org.create_post(key, name, is_head=head) for key, (name, head) in POSTS.items()}
    names = dict.fromkeys(unit for _, _, unit in CAST)
    company = Company({name: org.create_unit(name) for name in names}, posts, {})
    for person in CAST:
        company.hire(*person)
    return company


@contextmanager
def in_force(*texts: str) -> Iterator[None]:
    """Put regulations in force for a test, from their text; a rolled-back test must not leave them in this process."""
    for text in texts:
        sources = {"pack.yaml": text}
        pack = load_text(sources).pack
        PackVersion.objects.create(
            pack=pack.pack,
            version=pack.version,
            title=pack.title,
            state=PackState.EFFECTIVE,
            effective_from=pack.effective,
            sources=sources,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            loaded_at=clock.now(),
        )
    store.touch()
    store.forget()
    try:
        yield
    finally:
        store.forget()
