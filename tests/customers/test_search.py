"""The admin's list of customers finds people by what staff type and paste, of their own tenants."""

from typing import Any

import pytest
from django.test import Client

from customers.searching import finding
from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.members import member, superuser, text
from tests.searching import searched

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
JAGER = {
    "CustomerId": "C-11800",
    "Email": "Gunther.Jager72@Example.com",
    "Name": "Günther",
    "Surname": "Jäger",
    "Phone": "+4915550035348",
    "Username": "guntherjager72",
}
OTHER = {
    "CustomerId": "K-2",
    "Email": "ann@shop.example",
    "Name": "Ann",
    "Surname": "O'Brien-Núñez",
    "Phone": "+358401234567",
}


@pytest.fixture
def viewer(partner: Partner) -> Client:
    return member(Role.VIEWER, partner.tenant)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save("customers", JAGER, OTHER)
    searched()
    return partner


def found(client: Client, term: str) -> list[str]:
    answer = client.get(LIST, {"q": term})
    assert answer.status_code == 200
    return sorted(customer.customer_id for customer in answer.context["cl"].result_list)


@pytest.mark.parametrize(
    "term",
    [
        "günther jäger",
        "Jäger Günther",
        "GÜNTHER",
        "Jäg",
        "jager",
        "jaeger",
        "guenther",
        "äge",
        "j",
        "jä",
        "gü jä",
        "  Jäger \u200b",
        "Ja\u0308ger",
        "0049 155 500 35 348",
        "+49 (0)155 500-35348",
        "0155 500 35 348",
        "155/50035348",
        "00353",
        "Jäger 0155 500 35348",
        "C-11800",
        " C-11800 ",
        "c-11800",
        "11800",
        "GUNTHER.JAGER72@example.COM",
        "r.jager72@ex",
        "gunther.j",
        "guntherjager72",
        "THERJAGER",
        "Günther Jäger <gunther.jager72@example.com>",
    ],
    ids=ascii,
)
def test_a_person_is_found_by_what_staff_type(shop: Partner, viewer: Client, term: str) -> None:
    assert found(viewer, term) == ["C-11800"]


@pytest.mark.parametrize(
    "term", ["obrien", "O’Brien", "brien nunez", "Núñez", "Brien-Núñez", "ann o'b", "an", "40-123"]
)
def test_a_name_is_found_without_its_marks(shop: Partner, viewer: Client, term: str) -> None:
    assert found(viewer, term) == ["K-2"]


@pytest.mark.parametrize(
    "term",
    ["ther ann", "üg", "zzz", "jager72 obrien", "%", "\\", "👍", "gunther jager nobody"],
    ids=ascii,
)
def test_who_does_not_have_all_words_is_not_found(shop: Partner, viewer: Client, term: str) -> None:
    assert found(viewer, term) == []


def test_a_hub_id_is_found_with_its_sign_and_without(shop: Partner, viewer: Client) -> None:
    (first, *_) = [each["HubId"] for each in shop.read("customers") if each["CustomerId"] == "C-11800"]

    assert found(viewer, f"#{first}") == ["C-11800"]
    assert "C-11800" in found(viewer, str(first))


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("Иван Петров", ["иван", "ВАН", "петров иван", "и"]),
        ("王小明", ["小明", "王", "明"]),
        ("김철수", ["철수", "김"]),
        ("محمد", ["محم", "مُحَمَّد"]),
        ("Øyvind Łukasz", ["oyvind", "øyv", "lukasz", "ŁUK"]),
        ("Weiß", ["weiss", "WEISS", "weiß", "eiß"]),
        ("İpek", ["ipek", "İPEK"]),
        ("🎉 Party", ["🎉", "party", "🎉 party", "party 🎉", "rty"]),
        ("Ann❤️", ["❤", "❤️", "ann", "❤ ann", "ann ❤️"]),
        ("👍🏽 No 5™", ["👍", "👍🏿", "5™", "👍 5"]),
        ("=1+1", ["=1+1", "'=1+1", "1+1"]),
        ("=SUM(a)=b", ["=sum(a)", "=SUM(a)=b"]),
    ],
)
def test_names_of_all_scripts_are_found(partner: Partner, viewer: Client, name: str, terms: list[str]) -> None:
    partner.save("customers", {"CustomerId": "here", "Name": name}, {"CustomerId": "else", "Name": "Zoë"})
    searched()

    assert [found(viewer, term) for term in terms] == [["here"]] * len(terms)


def test_tags_and_lists_are_found_in_any_case_and_whole(partner: Partner, viewer: Client) -> None:
    upload(partner, {"external_id": "A", "tags": ["VIP", "Black Friday"], "mailing_lists": ["NewsLetter"]})
    upload(partner, {"external_id": "B", "tags": ["vipera"]})
    searched()

    for term in ("tag:vip", "TAG:Vip", "tag:black friday", "tag:BLACK FRIDAY", "list:newsletter", "List:NEWSLETTER"):
        assert found(viewer, term) == ["A"]
    for term in ("tag:vi", "tag:black", "list:news", "list:vip"):
        assert found(viewer, term) == []


def test_what_was_changed_is_found_by_its_new_words_alone(shop: Partner, viewer: Client) -> None:
    shop.save("customers", {"CustomerId": "C-11800", "Surname": "Vogel", "Username": "vogel"})
    searched()

    assert found(viewer, "vogel") == ["C-11800"]
    assert found(viewer, "jäger72@example.com") == ["C-11800"]
    assert found(viewer, "guntherjager") == []


def test_another_tenants_people_are_never_found(shop: Partner, make_tenant: MakeTenant, viewer: Client) -> None:
    other = make_tenant()
    other.save("customers", {**JAGER, "CustomerId": "theirs"})
    searched()
    stranger = member(Role.ADMIN, make_tenant().tenant)

    for term in ("jäger", "0155 500 35 348", "guntherjager", "ja"):
        assert found(viewer, term) == ["C-11800"]
        assert found(superuser(), term) == ["C-11800", "theirs"]
        assert found(stranger, term) == []


@pytest.mark.parametrize(
    "term", ["\0", "a\0b", "\ud800", "x" * 5000, "a " * 500, "%%%", "tag:" + "x" * 3000, "'\";--"], ids=ascii
)
def test_whatever_is_typed_is_answered(shop: Partner, viewer: Client, term: str) -> None:
    answer = viewer.get(LIST, {"q": term.encode("utf-8", "replace").decode()})

    assert answer.status_code in (200, 400)


def test_at_most_a_thousand_are_found_by_a_word_of_many(
    partner: Partner, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.admin.customers.MOST_MATCHES", 3)
    partner.save("customers", *({"CustomerId": f"C-{n}", "Name": "Anna"} for n in range(5)))
    searched()

    assert len(found(viewer, "anna")) == 3


def test_the_box_says_what_it_finds(viewer: Client) -> None:
    page = viewer.get(LIST)

    assert 'placeholder="Name, e-mail, phone, id …"' in page.content.decode()
    assert "Any part of a name" in text(page)
    assert "tag:vip, list:news, name=value" in text(page)


def test_a_list_that_finds_nobody_says_what_can_be_found(viewer: Client) -> None:
    assert "Search finds: Any part of a name" in text(viewer.get(LIST, {"q": "nobody"}))


def test_a_search_of_words_asks_few_questions(
    shop: Partner, viewer: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(25):
        assert found(viewer, "jäger") == ["C-11800"]


def test_a_search_that_takes_too_long_says_so(shop: Partner, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.admin.customers.ids_by_words", lambda *_: None)

    assert "Too many have what was typed" in text(viewer.get(LIST, {"q": "jäger"}))


WORDS = ["jäger", "0155 500 35 348", "c-11800", "an", "j", "ann@shop.example", "obrien 40123", "zzyzx", "100%", "_"]


@pytest.mark.parametrize("frequent", [0, 1000])
@pytest.mark.parametrize("newest", [1, 2, 5000])
def test_customers_are_found_alike_whichever_way_is_taken(
    shop: Partner, monkeypatch: pytest.MonkeyPatch, newest: int, frequent: int
) -> None:
    shop.save("customers", {"CustomerId": "100%", "Name": "Jäger_Ann"}, {"CustomerId": "1000", "Name": "J"})
    searched()
    alike = [sorted(finding.ids_by_words([shop.tenant.pk], term, 1000) or []) for term in WORDS]
    monkeypatch.setattr(finding, "NEWEST", newest)
    monkeypatch.setattr(finding, "FREQUENT", frequent)

    assert [sorted(finding.ids_by_words([shop.tenant.pk], term, 1000) or []) for term in WORDS] == alike
    assert [len(ids) for ids in alike] == [2, 1, 1, 2, 3, 1, 1, 0, 2, 0]


@pytest.mark.parametrize(
    ("frequent", "ways"),
    [(1000, [1, finding.BY_INDEX, finding.BY_WALKING]), (0, [1, finding.BY_WALKING, finding.BY_INDEX])],
    ids=["by index first", "by reading first"],
)
def test_words_that_one_way_takes_too_long_for_are_found_the_other_way(
    shop: Partner, viewer: Client, monkeypatch: pytest.MonkeyPatch, frequent: int, ways: list[int]
) -> None:
    soon, asked = finding._soon, []

    def slow(read: Any, times: int) -> Any:
        asked.append(times)
        return None if times == ways[1] else soon(read, times)

    monkeypatch.setattr(finding, "_soon", slow)
    monkeypatch.setattr(finding, "NEWEST", 1)
    monkeypatch.setattr(finding, "FREQUENT", frequent)
    shop.save("customers", {"CustomerId": "C-1", "Name": "Jäger"})
    searched()

    assert found(viewer, "jäger") == ["C-1", "C-11800"]
    assert asked == ways
