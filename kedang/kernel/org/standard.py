"""The posts that most companies have; packs name posts by these keys. A company adds its own beside them."""

from __future__ import annotations

from kedang.kernel.org import changes
from kedang.kernel.org.models import Post

POSTS = (
    ("general_manager", "总经理", True),
    ("head", "部门经理", True),
    ("salesperson", "业务员", False),
    ("clerk", "内勤", False),
    ("custodian", "档案管理员", False),
    ("market_admin", "市场管理员", False),
    ("finance", "财务", False),
    ("staff", "员工", False),
)
"""(key, name, whether its holder heads the unit)"""


def create_posts() -> dict[str, Post]:
    """Make the standard posts; {key: post}."""
    return {key: changes.create_post(key, name, is_head=is_head) for key, name, is_head in POSTS}
