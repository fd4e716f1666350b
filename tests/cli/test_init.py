"""A real company starts with its own people and regulations, one administrator, and no account that has a password."""

from __future__ import annotations

import argparse
import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kedang.cli import init
from kedang.kernel import clock
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Acknowledgement, PackVersion
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import links, roster
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import PasswordLink, Person, Post, Unit
from kedang.kernel.org.roster import sheets

pytestmark = pytest.mark.django_db

MESSY = """示例公司员工名单,,,,,,,,
姓 名,工号,部门,上级部门,职务,是否负责人,手机号码,直属上级,入职日期
郑国栋,001,示例公司,,总经理,是,13800138000,,2020年1月3日
周敏,002,业务一部,,部门经理,,138 0013 8001,郑国栋,
王晓芸,003,业务一部,,业务员,否,１３８００１３８００２,李倩,2024/5/6
李倩,004,业务二部,营销中心,销售代表,是,,,
王晓云,,营销中心,,员工,,,,
"""


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with clock.frozen("2026-03-02 10:00") as held:
        yield held


def arguments(**given: Any) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    init.add_arguments(parser)
    plain = parser.parse_args([])
    return argparse.Namespace(**{**vars(plain), "company": "示例公司", "admin": "root1", **given})


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    path = tmp_path / "名单.csv"
    path.write_bytes(MESSY.encode("gb18030"))
    return path


def secret_in(out: str) -> str:
    return re.search(r"/account/claim/([\w-]+)/", out)[1]


def test_a_company_begins_with_its_people_and_regulations_and_nobody_has_a_password(staff: Path, capsys) -> None:
    given = arguments(staff=staff, pack=["customer-registry=业务一部,业务二部"], admin="zhoumin")
    assert init.run(given) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert Person.objects.count() == 5
    assert not any(person.has_usable_password() for person in Person.objects.all())
    admin = Person.objects.get(is_admin=True)
    assert (admin.name, links.running(secret_in(out)).person) == ("周敏", admin)
    assert {version.pack for version in regulations().in_force()} == {"baseline", "customer-registry"}
    wang = Person.objects.get(name="王晓芸")
    assert (wang.username, wang.phone, org.superior(wang).name) == ("wangxiaoyun", "13800138002", "周敏")
    assert org.appointments_of(wang)[0].start.isoformat() == "2024-05-06"
    assert Person.objects.get(name="王晓云").username == "wangxiaoyun2"
    assert Unit.objects.get(name="业务二部").parent.name == "营销中心"
    assert (
        Post.objects.get(name="销售代表").is_head and org.head_of(Unit.objects.get(name="业务二部").pk).name == "李倩"
    )
    assert "王晓芸的上级按业务一部负责人认定为周敏，不是李倩" in out and "营销中心没有负责人" in out


def test_everybody_whom_a_regulation_binds_is_asked_to_sign_it_and_nobody_signs_the_default_rights(staff: Path) -> None:
    init.run(arguments(staff=staff, pack=["customer-registry=业务一部"]))
    asked = set(Acknowledgement.objects.values_list("person__name", "pack"))
    # 总经理 holds a role in it; 业务二部 is out of its scope, but its head's post is none of the regulation's.
    assert {name for name, _ in asked} == {"周敏", "王晓芸", "郑国栋"} and {pack for _, pack in asked} == {
        "customer-registry"
    }


def test_the_secret_is_kept_nowhere_and_good_once(staff: Path, capsys) -> None:
    init.run(arguments(staff=staff))
    secret = secret_in(capsys.readouterr().out)
    row = PasswordLink.objects.get()
    assert secret not in str(vars(row)) and not Event.objects.filter(data__icontains=secret).exists()
    person = links.use(row.pk, "a-good-long-word-1")
    assert person.check_password("a-good-long-word-1") and links.running(secret) is None
    assert links.use(row.pk, "another-long-word-2") is None


def test_a_link_ends_after_three_days_and_with_the_next_one(capsys, at) -> None:
    init.run(arguments())
    first = secret_in(capsys.readouterr().out)
    assert init.run(arguments(resume=True)) == 0
    second = secret_in(capsys.readouterr().out)
    assert links.running(first) is None and links.running(second) is not None
    at.move_to(datetime(2026, 3, 5, 10, 1))
    assert links.running(second) is None


def test_a_second_init_changes_nothing_and_says_so(capsys) -> None:
    init.run(arguments())
    assert init.run(arguments(company="另一家", admin="root2")) == 2
    assert "已有公司" in capsys.readouterr().err
    assert (Person.objects.count(), Unit.objects.filter(parent=None).count()) == (1, 1)


def test_continuing_does_what_is_missing_and_doubles_nothing(staff: Path, capsys) -> None:
    init.run(arguments(admin="zhoumin", staff=staff))
    before = (Person.objects.count(), Unit.objects.count(), Post.objects.count())
    assert init.run(arguments(admin="zhoumin", staff=staff, pack=["sales-files=业务二部"], resume=True)) == 0
    assert (Person.objects.count(), Unit.objects.count(), Post.objects.count()) == before
    assert PackVersion.objects.filter(pack="sales-files", units=["业务二部"]).count() == 1
    assert init.run(arguments(company="别家", resume=True)) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"company": "  "}, "公司名称"), ({"company": None}, "--company"), ({"pack": ["nothing"]}, "没有制度包“nothing”"),
        ({"param": ["customer-registry.urge_times=3"]}, "没有要载入的制度"), ({"param": ["urge_times"]}, "应写成"),
        ({"pack": ["customer-registry"], "param": ["customer-registry.nothing=3"]}, "没有参数“nothing”"),
        ({"pack": ["customer-registry"], "param": ["customer-registry.filing_period=soon"]}, "filing_period“soon”"),
        ({"pack": ["customer-registry=幽灵部"]}, "没有这些部门：幽灵部"), ({"staff": Path("/nowhere.xlsx")}, "文件读写不成"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_leaves_nothing_behind(given: dict[str, Any], said: str, capsys) -> None:
    assert init.run(arguments(**given)) == 2
    assert said in capsys.readouterr().err
    assert not Person.objects.exists() and not Unit.objects.exists() and not PackVersion.objects.exists()


def test_a_pack_with_an_open_parameter_is_refused_with_the_list_and_taken_once_it_is_filled(
    tmp_path: Path, capsys
) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        "pack: loose\nversion: 1\ntitle: 待定办法\nissuer: 示例公司\neffective: 2026-01-01\n"
        "roles:\n  sales: {name: 业务员, post: salesperson}\n"
        'parameters:\n  days: {name: 保护期, type: duration, clause: "1", values: {}}\n',
        encoding="utf-8",
    )
    (folder / "clauses.yaml").write_text('"1": {text: 保护期由公司另定。}\n', encoding="utf-8")
    (folder / "norms.yaml").write_text(
        '- {id: visit, clause: "1", kind: duty, opens: {event: contact.recorded}, bearer: event.actor,\n'
        "   done: {event: visit.recorded}, due: {within: days}}\n",
        encoding="utf-8",
    )
    assert init.run(arguments(pack=[str(folder)])) == 2
    assert "loose.days（保护期）" in capsys.readouterr().err and not Unit.objects.exists()
    assert init.run(arguments(pack=[str(folder)], param=["loose.days=30 days"])) == 0, capsys.readouterr().err
    assert str(regulations().version("loose").params(clock.today())["days"]) == "30 days"


ROWS = [
    ("李四,,,员工", ["第 2 行“部门”：没有填写"]),
    ("李四,销售部,,员工,abc", ["第 2 行“手机”：“abc”：电话号码不对"]),
    ("李四,销售部,销售部,员工", ["上级部门不能是自己"]),
    ("李四,甲部,乙部,员工\n王五,乙部,甲部,员工", ["绕了一圈"]),
    ("李四,甲部,乙部,员工\n王五,甲部,丙部,员工", ["第 2 行写甲部的上级是乙部，这里写丙部"]),
    ("李四,甲部,,员工\n李四,甲部,,员工", ["第 3 行：与第 2 行重复"]),
    ("李四,甲部,,员工,,也许", ["“也许”：请选择是或否"]),
    ("李四,甲部,,员工,,,bad@", ["第 2 行“邮箱”"]),
    ("李四,甲部,,员工,x,也许,bad@", ["手机", "是否负责人", "邮箱"]),
]


@pytest.mark.parametrize(("body", "said"), ROWS)
def test_each_fault_of_a_list_is_named_by_row_and_column_and_nothing_is_made(
    body: str, said: list[str], tmp_path: Path, capsys
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"姓名,部门,上级部门,岗位,手机,是否负责人,邮箱\n{body}\n", encoding="utf-8-sig")
    assert init.run(arguments(staff=path)) == 2
    told = capsys.readouterr().err
    assert all(one in told for one in said), told
    assert not Unit.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken", "名字,岗位\n李四,员工\n".encode()])
def test_a_file_that_is_no_staff_list_is_refused(content: bytes, tmp_path: Path, capsys) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    assert init.run(arguments(staff=path)) == 2
    assert "没有做任何改动" in capsys.readouterr().err and not Unit.objects.exists()


def test_the_template_can_be_filled_in_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    assert init.run(arguments(template=path)) == 0
    assert tuple(sheets.rows_of(path.read_bytes())[0]) == sheets.COLUMNS
    with pytest.raises(Invalid, match="没有人"):
        roster.read(path.read_bytes())
