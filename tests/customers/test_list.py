"""The list, the search and the page: what they show to whom, and how many queries they take."""

import pytest
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kedang.customers import search, selectors
from kedang.customers.directory import load_views
from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.actions import access
from kedang.kernel.errors import NotFound
from tests.support.company import HOUSE, Company, found, in_force


def names(page: selectors.Page) -> list[str]:
    return [row.name for row in page.rows]


@pytest.fixture
def files(company: Company) -> dict[str, int]:
    """Three files of 一部 and one of 二部."""
    made = {}
    for owner, name in [("小王", "云启科技"), ("小王", "大禹水利"), ("小赵", "晨光文具"), ("小李", "云端数据")]:
        made[name] = company.do(
            "customer.register",
            owner,
            name=name,
            phone="13800138000",
            contact_name="曾国强",
            contact_phone="13911112222",
        )
    return made


@pytest.mark.parametrize(
    ("person", "scope", "expected"),
    [
        ("小王", "mine", {"云启科技", "大禹水利"}),
        ("小王", "all", {"云启科技", "大禹水利", "晨光文具"}),
        ("小王", "shared", set()),
        ("周经理", "below", {"云启科技", "大禹水利", "晨光文具"}),
        ("周经理", "unit", {"云启科技", "大禹水利", "晨光文具"}),
        ("小李", "all", {"云端数据"}),
        ("郑总", "all", {"云启科技", "大禹水利", "晨光文具", "云端数据"}),
        ("丁仓管", "all", set()),
    ],
)
def test_each_scope_shows_its_files_and_never_more(
    company: Company, files: dict[str, int], person: str, scope: str, expected: set[str]
) -> None:
    assert set(names(selectors.customer_list(company[person], scope=scope))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("云", {"云启科技"}),
        ("技", {"云启科技"}),
        ("云启", {"云启科技"}),
        ("启科", {"云启科技"}),
        ("雲啟", {"云启科技"}),
        ("yqkj", {"云启科技"}),
        ("qk", {"云启科技"}),
        ("00001", {"云启科技"}),
        ("kh-2026-00002", {"大禹水利"}),
        ("云启 科技", {"云启科技"}),
        ("科启", set()),
        ("大禹科技", set()),
        ("曾国", {"云启科技", "大禹水利"}),
        ("zgq", {"云启科技", "大禹水利"}),
        ("1111", {"云启科技", "大禹水利"}),
        ("13911112222", {"云启科技", "大禹水利", "晨光文具"}),
        ("%", set()),
        ("'\"*", set()),
    ],
)
def test_search_by_any_fragment_initials_number_and_phone(
    company: Company, files: dict[str, int], text: str, expected: set[str]
) -> None:
    assert set(names(selectors.customer_list(company["小王"], search=text))) == expected


def test_a_masked_phone_cannot_be_found_by_trying_its_digits(company: Company, files: dict[str, int]) -> None:
    assert names(selectors.customer_list(company["小赵"], search="国强")) == ["晨光文具"]
    assert "云启科技" not in names(selectors.customer_list(company["小赵"], search="1391111"))


def test_a_fragment_more_common_than_the_limit_still_finds_ones_own(
    company: Company, files: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_IDS", 1)
    assert search.matching_ids("kh") is None
    assert names(selectors.customer_list(company["小李"], search="kh")) == ["云端数据"]
    assert set(names(selectors.customer_list(company["小王"], search="曾国"))) == {"云启科技", "大禹水利"}


def test_a_fragment_known_as_common_is_not_gathered_again_and_finds_the_same(
    company: Company, files: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_IDS", 1)
    monkeypatch.setattr(search, "_common", {})
    asked: list[str] = []
    real = search._ids
    monkeypatch.setattr(search, "_ids", lambda word, *rest: asked.append(word) or real(word, *rest))
    found = [set(names(selectors.customer_list(company["郑总"], search="云"))) for _ in range(3)]
    assert found == [{"云启科技", "云端数据"}] * 3
    assert asked.count("云") == 1 + 3  # the public row once; the private one, of which there are few, each time
    monkeypatch.setattr(search, "BELIEVED", 0.0)
    search._common.clear()
    for _ in range(2):
        assert search.matching_ids("云") is None
    assert asked.count("云") == 4 + 2


def test_sorting_paging_and_filters(company: Company, files: dict[str, int]) -> None:
    company.do("customer.classify", "小王", customer=files["云启科技"], term="category", value="key")
    boss = company["郑总"]
    assert names(selectors.customer_list(boss, sort="name")) == ["晨光文具", "大禹水利", "云端数据", "云启科技"]
    assert names(selectors.customer_list(boss, sort="-number"))[0] == "云端数据"
    assert names(selectors.customer_list(boss, filters={"term": {"house.category": "key"}})) == ["云启科技"]
    assert "云启科技" not in names(selectors.customer_list(boss, filters={"term": {"house.category": ""}}))
    assert names(selectors.customer_list(boss, filters={"owner": company["小李"].pk})) == ["云端数据"]
    page = selectors.customer_list(boss, sort="number", page_size=20, page=2)
    assert (page.rows, page.more) == ([], False)
    row = selectors.customer_list(boss, sort="number").rows[0]
    assert row.tags == [("客户类别", "重点客户")]


def test_the_list_takes_the_same_queries_however_many_rows(
    company: Company, django_assert_num_queries: CaptureQueriesContext
) -> None:
    for number in range(3):
        company.do("customer.register", "小王", name=f"公司{number}号")
    who = access.standing(company["周经理"].pk)
    selectors.customer_list(company["周经理"], who=who)
    with django_assert_num_queries(8):
        assert len(selectors.customer_list(company["周经理"], who=who).rows) == 3
    for number in range(3, 12):
        company.do("customer.register", "小王", name=f"公司{number}号")
    with django_assert_num_queries(8):
        assert len(selectors.customer_list(company["周经理"], who=who).rows) == 12


def test_counts_stop_at_the_cap(company: Company, files: dict[str, int]) -> None:
    everything = selectors.visible_files(company["郑总"])
    assert selectors.count_capped(everything) == 4
    assert selectors.count_capped(everything, cap=2) == 3


def test_fields_are_masked_and_hidden_by_right_in_list_page_and_timeline(
    company: Company, files: dict[str, int]
) -> None:
    file = files["云启科技"]
    clerk, owner = company["何内勤"], company["小王"]
    company.do("contact.record", "小王", customer=file, content="谈了报价", with_person="曾国强")
    masked = next(row for row in selectors.customer_list(clerk).rows if row.id == file)
    assert (masked.phone, masked.last_contact_text) == ("138****8000", "")
    page = selectors.customer_page(clerk, file)
    phone = next(line for line in page.fields if line.id == "phone")
    assert (phone.value, phone.right) == ("138****8000", "mask")
    assert (page.contacts[0].name, page.contacts[0].phone) == ("曾**", "139****2222")
    assert page.figures.contact_count is None
    shown = str(selectors.timeline_page(file, page.head.rights))
    assert "13911112222" not in shown
    assert "谈了报价" not in shown
    whole = selectors.customer_page(owner, file)
    assert whole.contacts[0].phone == "13911112222"
    assert "谈了报价" in str(selectors.timeline_page(file, whole.head.rights))


def test_who_only_knows_of_a_file_sees_its_head(company: Company, files: dict[str, int]) -> None:
    head = selectors.customer_head(company["小赵"], files["云启科技"])
    assert (head.name, head.owner, head.unit) == ("云启科技", "小王", "业务一部")
    assert head.rights["contact"] == "hide"
    assert selectors.customer_list(company["小赵"], search="云启").rows[0].phone == ""


def test_outside_the_list_every_reading_is_not_found(company: Company, files: dict[str, int]) -> None:
    for read in (selectors.customer_head, selectors.customer_page, selectors.file_for):
        with pytest.raises(NotFound):
            read(company["小李"], files["云启科技"])
        with pytest.raises(NotFound):
            read(company["小李"], 999999)


def test_the_page_takes_a_fixed_number_of_queries(
    company: Company, files: dict[str, int], django_assert_num_queries: CaptureQueriesContext
) -> None:
    who = access.standing(company["小王"].pk)
    file = files["云启科技"]
    selectors.customer_page(company["小王"], file, who=who)
    with django_assert_num_queries(9):
        selectors.customer_page(company["小王"], file, who=who)


class TestQueryAndCheckAgree(TestCase):
    """Property: the list query holds exactly the files for which the single check says yes."""

    def setUp(self) -> None:
        self.clock = clock.frozen("2026-03-02 10:00")
        self.clock.__enter__()
        self.company = found()
        self.rules = in_force(HOUSE)
        self.rules.__enter__()

    def tearDown(self) -> None:
        self.rules.__exit__(None, None, None)
        self.clock.__exit__(None, None, None)

    @settings(max_examples=25, deadline=None)
    @given(
        files=st.lists(
            st.tuples(
                st.sampled_from(["小王", "小赵", "小李"]),
                st.sampled_from(["", "小王", "小李", "丁仓管"]),
                st.booleans(),
            ),
            min_size=1,
            max_size=5,
        )
    )
    def test_visible_files_equals_the_single_check(self, files: list[tuple[str, str, bool]]) -> None:
        company = self.company
        for number, (owner, helper, released) in enumerate(files):
            file = company.do("customer.register", owner, name=f"甲乙丙丁{number}厂")
            if helper and helper != owner:
                company.do("customer.add_collaborator", owner, customer=file, person=company[helper].pk)
            if released:
                company.do("customer.release", owner, customer=file, reason="试")
        ids = list(Customer.objects.values_list("pk", flat=True))
        views = load_views(ids)
        for person in company.people.values():
            for verb in ("list", "open"):
                reach = access.reach(person.pk, verb)
                listed = set(selectors.visible_files(person, verb).values_list("pk", flat=True))
                assert listed == {pk for pk in ids if reach.holds(views[pk])}
                for pk in ids:
                    try:
                        assert selectors.file_for(person, pk, verb).pk in listed
                    except NotFound:
                        assert pk not in listed
