"""Acting on a list that somebody mailed: whom it means, what would change, what became of it, and undo."""

import csv
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from customers.models import Customer
from tenants.models import BeforeImage, Changeset, ConsentChange, Look, Role, Tenant
from tests.conftest import MakeTenant, Partner
from tests.exporting import ask as export
from tests.members import browser, make_user, member, text
from tests.undoing import take_back

pytestmark = pytest.mark.django_db
URL = reverse("admin:customers_customer_act_on_list")


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save(
        "customers",
        {"CustomerId": "C-1", "Email": "ada@example.com", "Phone": "+4915550035348", "EmailOptin": True},
        {"CustomerId": "C-2", "Email": "bob@example.com", "EmailOptin": False},
        {"CustomerId": "C-3", "Email": "both@example.com", "EmailOptin": True},
        {"CustomerId": "C-4", "Email": "both@example.com"},
    )
    Customer.objects.filter(customer_id="C-2").update(tags=["vip"])
    Customer.objects.filter(customer_id="C-3").update(mailing_lists=["news"])
    return partner


def carried(page: Any) -> str:
    return str(re.findall(r'name="carried" value="([^"]*)"', text(page))[0])


def take(client: Client, shop: Partner, lines: str = "", **sent: Any) -> Any:
    return client.post(URL, {"step": "list", "tenant": str(shop.tenant.pk), "lines": lines, **sent})


def choose(client: Client, page: Any, **chosen: str) -> Any:
    return client.post(URL, {"step": "choose", "carried": carried(page), **chosen})


def confirm(client: Client, page: Any) -> Any:
    return client.post(URL, {"step": "act", "carried": carried(page)})


def result(client: Client, page: Any) -> list[list[str]]:
    answer = client.post(URL, {"step": "download", "carried": carried(page)})
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))[1:]


def matched(page: Any) -> str:
    found = re.search(r'id="matched">(.*?)</p>', text(page), re.DOTALL)
    assert found, text(page)[-3000:]
    return " ".join(found[1].split())


def the(customer_id: str) -> Customer:
    return Customer.objects.get(customer_id=customer_id)


@pytest.mark.parametrize(
    "line",
    ["C-1", " c-1 ", "ADA@Example.COM", "Ada <ada@example.com>", "+49 155 500 35 348", "0049 (155) 500-35348"],
    ids=["id", "any-case", "email", "mailbox", "phone", "phone-00"],
)
def test_a_line_means_whom_it_names_in_any_form(staff: Client, shop: Partner, line: str) -> None:
    page = take(staff, shop, line)

    assert matched(page) == "1 line matches 1 customer."
    assert result_ids(staff, page) == [f"#{the('C-1').pk}"]


def test_every_line_is_counted_once_and_the_customers_are_those_of_the_next_page(staff: Client, shop: Partner) -> None:
    shop.save("customers", *({"CustomerId": f"T-{i}", "Email": "till@example.com"} for i in range(21)))
    page = take(staff, shop, "C-1\nada@example.com\nC-2\nC-1\nboth@example.com\ntill@example.com\nC-8\nC-9\nC-2\nC-8")
    rest = "1 line matches more than 20 and is left out; 2 are unknown; 3 are repeats."

    assert matched(page) == f"3 lines match 2 customers; 1 line matches several and is left out; {rest}"

    without, along = choose(staff, page, email_optin="no"), choose(staff, page, email_optin="no", shared="on")
    assert matched(without) == matched(page)
    assert "<strong>2 customers</strong>" in text(without)
    assert matched(along) == f"4 lines match 4 customers, 1 of them several each; {rest}"
    assert "<strong>4 customers</strong>" in text(along)


def test_a_repeated_line_stands_in_the_result_as_such(staff: Client, shop: Partner) -> None:
    page = take(staff, shop, "C-1\nC-9\n\n C-1 \nC-9\nc-1")

    assert result(staff, confirm(staff, choose(staff, page, email_optin="no"))) == [
        ["1", "C-1", "changed", f"#{the('C-1').pk}"],
        ["2", "C-9", "not found", ""],
        ["3", "C-1", "same as line 1", ""],
        ["4", "C-9", "same as line 2", ""],
        ["5", "c-1", "changed", f"#{the('C-1').pk}"],
    ]


@pytest.mark.parametrize("as_file", [False, True], ids=["pasted", "uploaded"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_the_hub_exports_can_be_pasted_and_uploaded(
    staff: Client, shop: Partner, form: str, as_file: bool
) -> None:
    shop.save("customers", {"CustomerId": "=C-5", "Phone": "+4915550099887"}, {"CustomerId": "'-C-6"})
    exported = b"".join(export(staff, shop.tenant, form=form).streaming_content)
    if as_file:
        asked = take(staff, shop, file=upload(f"list.{form}", exported))
        columns = [str(column.name) for column in asked.context["columns"]]
        pages = [
            staff.post(URL, {"step": "column", "carried": carried(asked), "column": str(columns.index(name))})
            for name in ("Phone", "Customer ID")
        ]
    else:
        rows = csv.DictReader(StringIO(exported.decode("utf-8-sig"))) if form == "csv" else of_sheet(exported)
        table = list(rows)
        pages = [
            take(staff, shop, "\n".join(filter(None, (row[name] or "" for row in table))))
            for name in ("Phone", "Customer ID")
        ]

    assert [matched(page) for page in pages] == ["2 lines match 2 customers.", "6 lines match 6 customers."]


def of_sheet(content: bytes) -> list[dict[str, str]]:
    rows: Any = load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    header, *found = rows
    return [dict(zip(map(str, header), row, strict=True)) for row in found]


@pytest.mark.parametrize("line", ["C-1\0", "\0C\0-1", "ada@\0example.com"], ids=["end", "within", "e-mail"])
def test_a_nul_that_came_along_is_nothing(staff: Client, shop: Partner, line: str) -> None:
    assert matched(take(staff, shop, line)) == "1 line matches 1 customer."


def result_ids(client: Client, page: Any) -> list[str]:
    done = confirm(client, choose(client, page, add_tags="found"))
    return [row[3] for row in result(client, done)]


def test_a_hub_id_is_written_with_its_sign(staff: Client, shop: Partner) -> None:
    pk = the("C-2").pk

    assert matched(take(staff, shop, f"#{pk}")).startswith("1 line matches 1 ")
    assert matched(take(staff, shop, f"{pk}")).startswith("No line matches ")


def test_what_is_found_not_found_and_shared_is_counted(staff: Client, shop: Partner) -> None:
    page = take(staff, shop, "C-1, nobody@example.com; both@example.com\nC-1\tbob@example.com")

    assert (
        matched(page)
        == "2 lines match 2 customers; 1 line matches several and is left out; 1 is unknown; 1 is a repeat."
    )
    assert "nobody@example.com" in text(page)
    assert all(f"#{the(each).pk}</a>" in text(page) for each in ("C-3", "C-4"))


def test_emails_with_blanks_between_them_are_several_lines(staff: Client, shop: Partner) -> None:
    assert matched(take(staff, shop, "ada@example.com bob@example.com")).startswith("2 lines match 2 ")


def test_an_address_that_many_share_names_nobody(staff: Client, shop: Partner) -> None:
    shop.save("customers", *({"CustomerId": f"T-{i}", "Email": "till@example.com"} for i in range(21)))

    page = take(staff, shop, "till@example.com\nC-1")

    assert matched(page) == "1 line matches 1 customer; 1 line matches more than 20 and is left out."
    assert "have more than 20" in " ".join(text(page).split())


def test_the_confirmation_says_in_numbers_what_changes(staff: Client, shop: Partner) -> None:
    page = choose(
        staff,
        take(staff, shop, "C-1\nC-2\nboth@example.com"),
        shared="on",
        email_optin="no",
        add_tags="vip",
        remove_lists="news",
    )

    shown = text(page)
    assert "E-mail opt-in: 2 yes → no, 1 never given → no, 1 are so already." in shown
    assert "Tag “vip”: 3 get it, 1 have it already." in shown
    assert "Mailing list “news”: 1 lose it, 3 have it not." in shown
    assert not Changeset.objects.filter(operation="edit").exists()


def test_all_of_a_list_is_one_changeset_with_before_images(staff: Client, shop: Partner) -> None:
    page = take(staff, shop, "C-1\nC-2\nC-3")
    done = confirm(
        staff,
        choose(staff, page, email_optin="no", is_excluded="yes", add_tags="vip, asked", add_lists="", reason="mail"),
    )

    changeset = Changeset.objects.get(operation="edit")
    assert (changeset.source, changeset.reason, len(changeset.updated_ids)) == ("import", "mail", 3)
    assert "3 customers changed." in text(done)
    assert "Undo" in text(done)
    assert the("C-2").tags == ["vip", "asked"]
    assert not the("C-1").email_optin
    assert the("C-1").is_excluded
    assert BeforeImage.objects.filter(changeset_number=changeset.number).count() == 3
    assert ConsentChange.objects.filter(changeset_number=changeset.number, source="import").count() == 3


def test_undo_takes_all_of_it_back(shop: Partner) -> None:
    user = make_user("staff")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    staff = browser(user)
    confirm(staff, choose(staff, take(staff, shop, "C-1\nC-2"), email_optin="no", remove_tags="vip", add_lists="x"))
    changeset = Changeset.objects.get(operation="edit")
    assert (the("C-2").tags, the("C-2").mailing_lists) == ([], ["x"])

    answer = take_back(staff, shop, changeset.number)

    assert answer.status_code == 302

    assert (the("C-2").tags, the("C-2").mailing_lists) == (["vip"], [])


def test_the_result_says_what_became_of_each_line(staff: Client, shop: Partner) -> None:
    page = take(staff, shop, "C-1\nbob@example.com\nboth@example.com\n=cmd()")
    done = confirm(staff, choose(staff, page, email_optin="no"))

    rows = result(staff, done)

    assert [row[1:3] for row in rows] == [
        ["C-1", "changed"],
        ["bob@example.com", "was so already"],
        ["both@example.com", "several matches, left out"],
        ["'=cmd()", "not found"],
    ]


def test_lines_with_several_matches_are_left_out_unless_ticked(staff: Client, shop: Partner) -> None:
    page = take(staff, shop, "both@example.com")

    confirm(staff, choose(staff, page, add_tags="a"))
    assert the("C-3").tags == []
    confirm(staff, choose(staff, page, add_tags="a", shared="on"))
    assert the("C-3").tags == the("C-4").tags == ["a"]


def test_what_changed_since_the_confirmation_is_left_alone_and_told(staff: Client, shop: Partner) -> None:
    shown = choose(staff, take(staff, shop, "C-1\nC-2\nC-3"), email_optin="no", remove_tags="vip", add_lists="news")
    assert the("C-3").mailing_lists == ["news"]
    shop.save("customers", {"CustomerId": "C-2", "EmailOptin": True, "Email": "bob@example.com"})
    Customer.objects.filter(customer_id="C-3").update(mailing_lists=["other"])
    shop.delete("/customers/{tenant}", customerId="C-1")

    done = confirm(staff, shown)

    assert the("C-2").email_optin
    assert the("C-3").mailing_lists == ["other"]
    assert "1 customer no longer there." in text(done)
    assert "Of 2 customers something changed meanwhile and stays so:" in text(done)
    assert [row[2] for row in result(staff, done)] == [
        "erased meanwhile",
        "changed, left alone: changed meanwhile",
        "changed, left alone: changed meanwhile",
    ]


def test_sending_the_confirmation_twice_changes_nothing_more(staff: Client, shop: Partner) -> None:
    shown = choose(staff, take(staff, shop, "C-1"), email_optin="no", add_tags="a")
    confirm(staff, shown)

    again = confirm(staff, shown)

    assert "0 customers changed." in text(again)
    assert Changeset.objects.filter(operation="edit").count() == 1


def test_a_tenant_that_requires_a_reason_gets_one(staff: Client, shop: Partner) -> None:
    Tenant.objects.filter(pk=shop.tenant.pk).update(requires_reason=True)
    page = take(staff, shop, "C-1")

    refused = choose(staff, page, email_optin="no")

    assert refused.status_code == 400
    assert "Say why" in text(refused)
    assert "This will happen" in text(choose(staff, page, email_optin="no", reason="letter"))


@pytest.mark.parametrize(
    "chosen",
    [{}, {"add_tags": "a", "remove_tags": "a"}, {"add_tags": "x" * 201}, {"add_tags": ",".join(map(str, range(21)))}],
    ids=["nothing", "both", "long", "many"],
)
def test_what_can_not_be_done_is_said(staff: Client, shop: Partner, chosen: dict[str, str]) -> None:
    refused = choose(staff, take(staff, shop, "C-1"), **chosen)

    assert refused.status_code == 400
    assert 'role="alert"' in text(refused)


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"Name;E-Mail\r\nAda;ADA@example.com\r\nBob;bob@example.com\r\n",
        b"ada@example.com\nbob@example.com\n",
        b"who,note\nada@example.com,x\nbob@example.com,y\n",
        "Näme;E-Mail\nÄda;ada@example.com\nBob;bob@example.com\n".encode("cp1252"),
    ],
    ids=["semicolons", "no-header", "by-values", "cp1252"],
)
def test_the_column_of_a_file_is_found(staff: Client, shop: Partner, data: bytes) -> None:
    assert matched(take(staff, shop, file=upload("list.csv", data))) == "2 lines match 2 customers."


def test_a_workbook_is_a_list_too(staff: Client, shop: Partner) -> None:
    data = workbook(["Customer ID", "Remark"], ["C-1", "called"], ["C-2", None], ["C-9", None])

    assert matched(take(staff, shop, file=upload("list.xlsx", data))) == "2 lines match 2 customers; 1 is unknown."


def test_where_several_columns_may_be_it_somebody_chooses(staff: Client, shop: Partner) -> None:
    asked = take(staff, shop, file=upload("list.csv", b"Customer ID,Email\nC-1,x@example.com\nC-2,bob@example.com\n"))
    assert "Which column has the identifiers?" in text(asked)

    page = staff.post(URL, {"step": "column", "carried": carried(asked), "column": "1"})

    assert matched(page) == "1 line matches 1 customer; 1 is unknown."


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.pdf", b"%PDF-1.7", "This is a PDF."),
        ("a.json", b'{"a": 1}', "This is JSON."),
        ("a.xlsx", b"PK\x03\x04broken", "The file is not an XLSX workbook"),
        ("a.csv", b"x@example.com\n" * 2 + b"".join(b"%d@example.com\n" % i for i in range(10_001)), "10,000 lines"),
        ("a.csv", b"x" * (5 * 1024 * 1024 + 1), "more than 5 MB"),
    ],
    ids=["empty", "pdf", "json", "broken", "lines", "bytes"],
)
def test_a_file_that_is_no_list_is_refused(staff: Client, shop: Partner, name: str, data: bytes, said: str) -> None:
    refused = take(staff, shop, file=upload(name, data))

    assert refused.status_code == 400
    assert said in text(refused)


@pytest.mark.parametrize("lines", ["", " \n\t ;,", "\u200b"], ids=["empty", "blanks", "unseen"])
def test_nothing_is_no_list(staff: Client, shop: Partner, lines: str) -> None:
    assert take(staff, shop, lines).status_code == 400


@pytest.mark.parametrize("line", ["\ud83d\ude00" * 2, "x" * 5000, "‏שלום", "a/b", "' OR 1=1 --"], ids=list("abcde"))
def test_odd_lines_are_not_found_and_break_nothing(staff: Client, shop: Partner, line: str) -> None:
    line = line.encode("utf-16", "surrogatepass").decode("utf-16")

    assert matched(take(staff, shop, line)) == "No line matches a customer; 1 is unknown."


def test_what_is_typed_stands_nowhere_and_the_look_is_counted(staff: Client, shop: Partner) -> None:
    page = take(staff, shop, "bob@example.com\nboth@example.com")

    assert "bob@example.com" not in page.request.get("QUERY_STRING", "")
    assert Look.objects.filter(way="list", entity="customers").latest("pk").records == 3
    assert "no-store" in page["Cache-Control"]


def test_a_form_that_was_changed_or_is_another_users_is_refused(staff: Client, shop: Partner) -> None:
    page = choose(staff, take(staff, shop, "C-1"), email_optin="no")
    colleague = member(Role.STAFF, shop.tenant)

    for client, sent in ((staff, carried(page)[:-3] + "xyz"), (colleague, carried(page)), (staff, "")):
        refused = client.post(URL, {"step": "act", "carried": sent})
        assert refused.status_code == 400
        assert "Begin again with the list." in text(refused)
    assert the("C-1").email_optin


def test_viewers_and_strangers_are_told_and_change_nothing(
    staff: Client, shop: Partner, make_tenant: MakeTenant
) -> None:
    viewer, stranger = member(Role.VIEWER, shop.tenant), member(Role.STAFF, make_tenant().tenant)

    assert viewer.get(URL).status_code == 403
    assert "act_on_list" not in text(viewer.get("/admin/customers/customer/"))
    assert take(stranger, shop, "C-1").status_code == 400
    assert "paste-list" in text(staff.get("/admin/customers/customer/"))


def test_whoever_is_no_staff_any_more_changes_nothing(shop: Partner) -> None:
    user = make_user("staff")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    other = browser(user)
    page = choose(other, take(other, shop, "C-1"), email_optin="no")
    shop.tenant.memberships.filter(user=user).update(role=Role.VIEWER)

    assert confirm(other, page).status_code == 403
    assert the("C-1").email_optin


def test_each_gets_what_it_lacks_in_the_order_it_had(staff: Client, shop: Partner) -> None:
    Customer.objects.filter(customer_id="C-1").update(tags=["z", "vip", "a"])
    Customer.objects.filter(customer_id="C-3").update(tags=["new", "x,y", 'it"s'])

    page = choose(staff, take(staff, shop, "C-1\nC-2\nC-3"), add_tags="new, b", remove_tags="vip", email_optin="yes")
    confirm(staff, page)

    assert [the(each).tags for each in ("C-1", "C-2", "C-3")] == [
        ["z", "a", "new", "b"],
        ["new", "b"],
        ["new", "x,y", 'it"s', "b"],
    ]
    assert [change.customer for change in ConsentChange.objects.filter(source="import")] == [the("C-2").pk]


def test_who_has_a_thousand_tags_gets_no_more(staff: Client, shop: Partner) -> None:
    full = [f"t{i}" for i in range(1_000)]
    Customer.objects.filter(customer_id="C-1").update(tags=full)

    done = confirm(staff, choose(staff, take(staff, shop, "C-1\nC-2"), add_tags="more"))

    assert the("C-1").tags == full
    assert the("C-2").tags == ["vip", "more"]
    assert "tag more: there are 1,000 already" in text(done)


def test_a_first_no_is_a_change_and_a_flag_that_is_so_already_is_not_touched(staff: Client, shop: Partner) -> None:
    confirm(staff, choose(staff, take(staff, shop, "C-2\nboth@example.com"), shared="on", email_optin="no"))

    changeset = Changeset.objects.get(operation="edit")
    assert set(changeset.updated_ids) == {the("C-3").pk, the("C-4").pk}
    assert (changeset.received, changeset.unchanged) == (3, 1)
    assert BeforeImage.objects.filter(changeset_number=changeset.number).count() == 2
    assert not the("C-2").withdrawn_by_staff
