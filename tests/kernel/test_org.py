"""Who is who on a given day."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from kedang.kernel import clock
from kedang.kernel.errors import Invalid
from kedang.kernel.org import changes, selectors
from kedang.kernel.org.models import Person, Unit

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _on_the_tenth_of_march() -> object:
    with clock.frozen(datetime(2026, 3, 10, 9)) as held:
        yield held


@pytest.fixture
def firm() -> SimpleNamespace:
    """示例公司 > 销售部 > 销售一部, 销售二部; a manager, two heads, two salespeople; 销售部 itself has no head."""
    company = changes.create_unit("示例公司")
    sales = changes.create_unit("销售部", company)
    one, two = changes.create_unit("销售一部", sales), changes.create_unit("销售二部", sales)
    head = changes.create_post("head", "部门经理", is_head=True)
    gm = changes.create_post("general_manager", "总经理", is_head=True)
    staff = changes.create_post("salesperson", "业务员")
    people = {}
    for name, post, unit in [
        ("郑总", gm, company),
        ("周经理", head, one),
        ("吴经理", head, two),
        ("小王", staff, one),
        ("小李", staff, two),
    ]:
        people[name] = changes.create_person(username=name, name=name)
        changes.appoint(people[name], post, unit, start=START)
    return SimpleNamespace(company=company, sales=sales, one=one, two=two, head=head, gm=gm, staff=staff, **people)


def test_units_and_subtrees(firm: SimpleNamespace) -> None:
    assert selectors.units_of(firm.小王) == {firm.one.pk}
    assert selectors.unit_subtree({firm.sales.pk}) == {firm.sales.pk, firm.one.pk, firm.two.pk}
    assert selectors.unit_subtree(set()) == set()
    assert selectors.root_unit() == firm.company
    assert [unit.depth for unit in selectors.unit_tree()] == [0, 1, 2, 2]


def test_a_department_is_named_for_all_below_it(firm: SimpleNamespace, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        assert selectors.topmost_named(["销售一部", "销售部"]) == ["销售部"]
        assert selectors.topmost_named(["销售二部", "销售一部", "没有的部门"]) == ["销售一部", "销售二部"]
        assert selectors.topmost_named(["销售二部", "示例公司"]) == ["示例公司"]
        assert selectors.topmost_named([]) == []


def test_a_person_may_hold_several_posts(firm: SimpleNamespace) -> None:
    second = changes.appoint(firm.小王, firm.staff, firm.two, start=START)
    assert not second.primary
    assert selectors.units_of(firm.小王) == {firm.one.pk, firm.two.pk}
    assert [row.unit for row in selectors.appointments_of(firm.小王)] == [firm.one, firm.two]


def test_who_was_head_on_the_third_of_march(firm: SimpleNamespace) -> None:
    changes.transfer(firm.周经理, firm.staff, firm.two, on=date(2026, 3, 4))
    changes.appoint(firm.小王, firm.head, firm.one, start=date(2026, 3, 6))
    assert selectors.head_of(firm.one.pk, date(2026, 3, 3)) == firm.周经理
    assert selectors.head_of(firm.one.pk, date(2026, 3, 4)) is None
    assert selectors.head_of(firm.one.pk, date(2026, 3, 6)) == firm.小王
    assert selectors.units_of(firm.周经理, date(2026, 3, 3)) == {firm.one.pk}
    assert selectors.units_of(firm.周经理) == {firm.two.pk}


def test_an_appointment_holds_through_its_last_day(firm: SimpleNamespace) -> None:
    changes.end_appointment(selectors.appointments_of(firm.小王)[0], last_day=date(2026, 3, 10))
    assert selectors.units_of(firm.小王, date(2026, 3, 10)) == {firm.one.pk}
    assert selectors.units_of(firm.小王, date(2026, 3, 11)) == set()
    assert selectors.units_of(firm.小王, START - timedelta(days=1)) == set()


def test_ending_at_once_takes_effect_today(firm: SimpleNamespace) -> None:
    changes.end_appointment(selectors.appointments_of(firm.小王)[0])
    assert selectors.units_of(firm.小王) == set()
    assert selectors.units_of(firm.小王, date(2026, 3, 9)) == {firm.one.pk}


def test_holders_anywhere_in_a_unit_and_below(firm: SimpleNamespace) -> None:
    assert set(selectors.holders("salesperson")) == {firm.小王.pk, firm.小李.pk}
    assert selectors.holders("salesperson", unit_id=firm.one.pk) == [firm.小王.pk]
    assert selectors.holders("salesperson", unit_id=firm.sales.pk) == []
    below = selectors.holders("salesperson", unit_id=firm.sales.pk, within_subtree=True)
    assert set(below) == {firm.小王.pk, firm.小李.pk}
    assert selectors.holders("salesperson", units=[firm.two.pk, firm.company.pk]) == [firm.小李.pk]
    assert selectors.holders("salesperson", unit_id=firm.one.pk, units=[firm.two.pk]) == []
    assert selectors.holders("nobody") == []


def test_the_superior_skips_vacant_posts_and_oneself(firm: SimpleNamespace) -> None:
    assert selectors.superior(firm.小王) == firm.周经理
    assert selectors.superior(firm.周经理) == firm.郑总  # 销售部 has no head
    assert selectors.superior(firm.郑总) is None
    changes.suspend(firm.周经理)
    assert selectors.superior(firm.小王) == firm.郑总
    assert selectors.head_of(firm.one.pk, date(2026, 3, 3)) == firm.周经理


def test_the_superior_depends_on_the_unit_the_matter_belongs_to(firm: SimpleNamespace) -> None:
    changes.appoint(firm.小王, firm.staff, firm.two, start=START)
    assert selectors.superior(firm.小王, unit_id=firm.two.pk) == firm.吴经理


def test_subordinates_are_everyone_below(firm: SimpleNamespace) -> None:
    assert selectors.subordinates(firm.周经理) == {firm.小王.pk}
    assert selectors.subordinates(firm.郑总) == {firm.周经理.pk, firm.吴经理.pk, firm.小王.pk, firm.小李.pk}
    assert selectors.subordinates(firm.小王) == set()


def test_a_delegation_holds_through_its_last_day_and_ends_when_revoked(firm: SimpleNamespace) -> None:
    given = changes.delegate(firm.周经理, firm.小王, start=date(2026, 3, 9), end=date(2026, 3, 11))
    assert selectors.delegates_for(firm.周经理) == [firm.小王]
    assert selectors.principals_of(firm.小王) == [firm.周经理]
    assert selectors.delegates_for(firm.周经理, date(2026, 3, 11)) == [firm.小王]
    assert selectors.delegates_for(firm.周经理, date(2026, 3, 12)) == []
    changes.revoke_delegation(given)
    assert selectors.delegates_for(firm.周经理) == []


def test_leaving_ends_appointments_and_sign_in(firm: SimpleNamespace) -> None:
    changes.leave(firm.小王, date(2026, 3, 10))
    firm.小王.refresh_from_db()
    assert (firm.小王.is_active, firm.小王.left_on) == (False, date(2026, 3, 10))
    assert selectors.units_of(firm.小王, date(2026, 3, 11)) == set()
    assert firm.小王 not in selectors.active_people()
    with pytest.raises(Invalid):
        changes.restore(firm.小王)


def test_many_people_cost_one_query(firm: SimpleNamespace, django_assert_num_queries: object) -> None:
    ids = list(Person.objects.values_list("pk", flat=True))
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = selectors.units_of_many([*ids, 999])
    assert found[firm.小李.pk] == {firm.two.pk}
    assert found[999] == set()


def test_moving_a_unit_takes_what_is_below_along(firm: SimpleNamespace) -> None:
    changes.move_unit(firm.one, firm.company)
    assert selectors.unit_subtree({firm.sales.pk}) == {firm.sales.pk, firm.two.pk}
    assert selectors.unit_ancestors(firm.one.pk) == [firm.one.pk, firm.company.pk]
    with pytest.raises(Invalid):
        changes.move_unit(firm.company, firm.two)
    changes.move_unit(firm.sales, None)
    firm.two.refresh_from_db()
    assert selectors.unit_ancestors(firm.two.pk) == [firm.two.pk, firm.sales.pk]


def test_paths_are_not_confused_by_many_siblings(firm: SimpleNamespace) -> None:
    for number in range(12):
        changes.create_unit(f"第{number}组", firm.one)
    first = Unit.objects.get(name="第0组")
    below = changes.create_unit("小组", first)
    assert selectors.unit_subtree({first.pk}) == {first.pk, below.pk}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("username", {"username": " ", "name": "某人"}),
        ("name", {"username": "x", "name": ""}),
        ("username", {"username": "小王", "name": "另一个"}),
    ],
)
def test_a_person_with_bad_input_is_refused_at_the_field(
    firm: SimpleNamespace, field: str, values: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        changes.create_person(**values)
    assert list(refused.value.errors) == [field]


def test_the_same_post_twice_and_sibling_names_are_refused(firm: SimpleNamespace) -> None:
    with pytest.raises(Invalid, match="已任"):
        changes.appoint(firm.小王, firm.staff, firm.one)
    with pytest.raises(Invalid, match="已有部门"):
        changes.create_unit("销售一部", firm.sales)
    with pytest.raises(Invalid):
        changes.delegate(firm.小王, firm.小王, start=START, end=START)


def test_nobody_has_django_permissions_and_passwords_work(firm: SimpleNamespace) -> None:
    boss = Person.objects.create_superuser("root", "correct horse battery")
    assert boss.is_admin
    assert not boss.has_perm("org.change_person")
    assert not boss.has_module_perms("org")
    assert boss.check_password("correct horse battery")
    assert not firm.小王.has_usable_password()


def test_lists_of_people_sort_by_pinyin(firm: SimpleNamespace) -> None:
    changes.create_person(username="zeng", name="曾一")
    names = [person.name for person in Person.objects.all()]
    assert names.index("曾一") < names.index("郑总")
    assert names.index("吴经理") < names.index("曾一")
