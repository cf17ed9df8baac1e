"""Erasing in the admin: ground, reference and reason; the certificate to keep; whether somebody was erased."""

import re
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from tenants.changes.certificates import document
from tenants.models import Changeset, ErasureCertificate, Role, Tenant
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.test_erasure import PERSON, an_order, every_row, traces
from tests.members import member, superuser, text

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
ASK, ERASE = reverse("admin:customers_customer_erased"), f"{LIST}delete/"
CERTIFICATES = "/admin/tenants/erasurecertificate/"
VERIFY = reverse("admin:tenants_erasurecertificate_verify")
SAID = {"legal_basis": "objection", "reference": "GDPR-2026-4", "reason": "letter of 3 May"}


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def zenobia(partner: Partner) -> Customer:
    partner.save("customers", PERSON)
    partner.save("orders", an_order("O-1"))
    return Customer.objects.get()


def erase(client: Client, *customers: Customer, **said: str) -> Any:
    chosen = ",".join(str(customer.pk) for customer in customers)
    return client.post(ERASE, {"chosen": chosen, **SAID, **said}, follow=True)


def asked(client: Client, tenant: Tenant, who: str) -> str:
    return " ".join(text(client.post(ASK, {"tenant": str(tenant.pk), "who": who})).split())


def the_certificate() -> ErasureCertificate:
    return ErasureCertificate.objects.get()


def test_the_question_asks_for_ground_reference_and_reason_and_says_who_comes_back(
    staff: Client, zenobia: Customer
) -> None:
    page = text(staff.get(f"{LIST}{zenobia.pk}/delete/"))

    assert all(f'name="{name}"' in page for name in SAID)
    assert "Art. 17(1)(b)" in page
    assert "they come back as a new record" in page


def test_what_is_said_stands_in_the_certificate_and_the_reason_in_the_changeset(
    staff: Client, zenobia: Customer
) -> None:
    pk = zenobia.pk

    told = erase(staff, zenobia)

    found = the_certificate()
    assert (found.hub_id, found.legal_basis, found.reference) == (pk, "objection", "GDPR-2026-4")
    assert "letter of 3 May" in Changeset.objects.filter(operation="erase").values_list("reason", flat=True)
    assert "1 customer erased." in text(told)
    assert f'href="{CERTIFICATES}{found.pk}/change/"' in text(told)


def test_several_at_once_lead_to_the_list_of_their_certificates(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "A"}, {"CustomerId": "B"})

    told = text(erase(staff, *Customer.objects.all()))

    (url,) = re.findall(rf'href="({CERTIFICATES}\?[^"]+)"', told)
    listed = text(staff.get(url.replace("&amp;", "&")))
    assert all(one.number in listed for one in ErasureCertificate.objects.all())
    assert ErasureCertificate.objects.count() == 2


@pytest.mark.parametrize("reference", ["Zenobia asked", "zenobia+vip@person.example", "call +49 170 5550123"])
def test_a_reference_that_names_the_person_is_asked_for_again(staff: Client, zenobia: Customer, reference: str) -> None:
    told = erase(staff, zenobia, reference=reference)

    assert told.status_code == 400
    assert "This names somebody who is to be erased" in text(told)
    assert "Yes, erase 1 customer" in text(told)
    assert Customer.objects.count() == 1


BAD = {
    "a ground of our own": {"legal_basis": "mood"},
    "too long": {"reference": "x" * 101},
    "a line": {"reference": "a\tb"},
}


@pytest.mark.parametrize("said", BAD.values(), ids=BAD)
def test_what_can_not_be_said_erases_nobody(staff: Client, zenobia: Customer, said: dict[str, str]) -> None:
    assert erase(staff, zenobia, **said).status_code == 400
    assert Customer.objects.count() == 1


def test_a_tenant_that_wants_a_reason_has_one(partner: Partner, staff: Client, zenobia: Customer) -> None:
    Tenant.objects.update(requires_reason=True)

    assert erase(staff, zenobia, reason="").status_code == 400
    assert Customer.objects.count() == 1
    assert erase(staff, zenobia).status_code == 200
    assert Customer.objects.count() == 0


def test_a_certificate_is_a_page_and_a_file_without_a_personal_value(staff: Client, zenobia: Customer) -> None:
    erase(staff, zenobia)
    found = the_certificate()

    page, file = staff.get(f"{CERTIFICATES}{found.pk}/change/"), staff.get(f"{CERTIFICATES}{found.pk}/json/")

    assert all(
        said in text(page) for said in (found.number, found.signature, "GDPR-2026-4", "Orders made anonymous: 1")
    )
    assert "Valid: this hub signed it" in text(page)
    assert orjson.loads(file.content) == document(found)
    assert f'"erasure-{found.number}.json"' in file["Content-Disposition"]
    assert traces() == []


def test_the_list_is_found_by_number_and_reference_and_filtered(staff: Client, zenobia: Customer) -> None:
    erase(staff, zenobia)
    found = the_certificate()

    def shown(**query: str) -> int:
        return len(staff.get(CERTIFICATES, query).context["cl"].result_list)

    assert [shown(q=found.number.lower()), shown(q="GDPR-2026-4"), shown(q=found.trace_id), shown(q="else")] == [
        1,
        1,
        1,
        0,
    ]
    assert [shown(legal_basis="objection"), shown(legal_basis="unlawful")] == [1, 0]
    assert [shown(reference="GDPR-2026-4"), shown(reference="GDPR")] == [1, 0]
    assert [shown(hub_id=str(found.hub_id)), shown(changeset_number="999"), shown(actor=found.actor)] == [1, 0, 1]


def test_who_was_erased_is_asked_in_any_form_and_stands_in_no_row(
    partner: Partner, staff: Client, zenobia: Customer
) -> None:
    erase(staff, zenobia)
    found = the_certificate()

    for who in (" Zenobia+VIP@person.example ", "Zé/Person-77", "0049 170 555 01 23"):
        said = asked(staff, partner.tenant, who)
        assert all(part in said for part in ("Yes.", found.number, "reference <bdi>GDPR-2026-4")), who
        assert "No customer has this identifier now." in said
    assert "No." in asked(staff, partner.tenant, "someone@person.example")
    assert traces() == []
    assert not [row for row in every_row() if "someone@person.example" in row]


@pytest.mark.parametrize(("was", "typed"), [("T-10", "t-10"), ("abc-1", "ABC-1"), ("T-10", "T-10")])
def test_the_case_in_which_an_id_is_typed_makes_no_difference_to_one_in_one_case(
    partner: Partner, staff: Client, was: str, typed: str
) -> None:
    partner.save("customers", {"CustomerId": was})
    erase(staff, Customer.objects.get())

    assert "Yes." in asked(staff, partner.tenant, typed)


def test_who_came_back_and_who_is_kept_away_is_said(partner: Partner, staff: Client, zenobia: Customer) -> None:
    erase(staff, zenobia)
    partner.save("customers", PERSON)
    assert "Came back on" in asked(staff, partner.tenant, PERSON["Email"])
    assert f"#{Customer.objects.get().pk}" in asked(staff, partner.tenant, PERSON["Email"])

    upload(partner, {"email": PERSON["Email"], "is_forgotten": True})

    said = asked(staff, partner.tenant, PERSON["Email"])
    assert "through any door is not stored" in said
    assert said.count("Yes.") == 2


def test_an_identifier_in_the_address_is_not_looked_up(partner: Partner, staff: Client, zenobia: Customer) -> None:
    erase(staff, zenobia)

    page = text(staff.get(ASK, {"tenant": str(partner.tenant.pk), "who": PERSON["Email"]}))

    assert 'id="answer"' not in page
    assert PERSON["Email"] not in page


def test_a_stranger_and_a_viewer_learn_nothing(make_tenant: MakeTenant, partner: Partner, zenobia: Customer) -> None:
    erase(member(Role.STAFF, partner.tenant), zenobia)
    found, other = the_certificate(), make_tenant()
    stranger, viewer = member(Role.ADMIN, other.tenant), member(Role.VIEWER, partner.tenant)
    pages = [f"{CERTIFICATES}{found.pk}/change/", f"{CERTIFICATES}{found.pk}/json/"]

    assert [client.get(page).status_code for client in (stranger, viewer) for page in pages] == [404, 404, 404, 404]
    assert viewer.post(ASK, {"tenant": str(partner.tenant.pk), "who": PERSON["Email"]}).status_code == 403
    assert 'id="answer"' not in asked(stranger, partner.tenant, PERSON["Email"])
    assert "No." in asked(stranger, other.tenant, PERSON["Email"])
    assert found.number not in text(stranger.get(CERTIFICATES))
    pasted = {"certificate": orjson.dumps(document(found)).decode()}
    assert "It is of no tenant of yours." in text(stranger.post(VERIFY, pasted))


def test_a_certificate_is_verified_by_page_and_command(
    staff: Client, zenobia: Customer, tmp_path: Any, capsys: Any
) -> None:
    erase(staff, zenobia)
    genuine = document(the_certificate())
    forged = {**genuine, "Actor": "somebody else"}
    pasted = text(staff.post(VERIFY, {"certificate": f"\0{orjson.dumps(genuine).decode()}\0"}))
    files = [tmp_path / "genuine.json", tmp_path / "forged.json"]
    for file, content in zip(files, (genuine, forged), strict=True):
        file.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))

    valid, altered = (text(staff.post(VERIFY, {"certificate": file.read_text()})) for file in files)

    assert "Valid: this hub signed it" in pasted
    assert all(part in valid for part in ("Valid: this hub signed it", genuine["Number"]))
    assert "Not valid: something in it" in altered
    call_command("verify_certificate", str(files[0]))
    assert f"Valid: certificate {genuine['Number']}" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Not valid: altered"):
        call_command("verify_certificate", str(files[1]))
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_certificate", str(tmp_path / "none.json"))


@pytest.mark.parametrize("pasted", ["", "{}", "[1]", "x" * 20_001, '{"Format":1,"Signature":"","Key":{}}', "\u202e😀"])
def test_any_text_is_refused_as_a_certificate(staff: Client, pasted: str) -> None:
    answer = staff.post(VERIFY, {"certificate": pasted})

    assert answer.status_code == 200
    assert "Valid: this hub" not in text(answer)


def test_a_superuser_asks_about_a_tenant_of_several(
    make_tenant: MakeTenant, partner: Partner, zenobia: Customer
) -> None:
    other = make_tenant()
    erase(superuser(), zenobia)

    assert "Yes." in asked(superuser(), partner.tenant, PERSON["Email"])
    assert "No." in asked(superuser(), other.tenant, PERSON["Email"])
