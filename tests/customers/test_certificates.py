"""The certificate of an erasure: one for each person, through whatever door, signed, with no personal value in it."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.test import override_settings

from customers.erasure import erase_customers_by_id
from customers.models import Customer
from tenants.changes.certificates import Verdict, certificates_of, document, verify
from tenants.changes.changesets import Origin
from tenants.models import Changeset, ErasureCertificate, LegalBasis, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import PROGRAM, upload
from tests.customers.records import customer
from tests.customers.test_erasure import BY_EMAIL, BY_ID, PERSON, an_order, every_row, traces
from tests.quarantine.lenient import take

BY_STAFF = Origin(Source.ADMIN, "Berta", "0" * 32, legal_basis="objection", reference="GDPR-2026-4")
DOORS: dict[str, Any] = {
    "DELETE by id": lambda partner: partner.delete("/customers/{tenant}", **BY_ID),
    "DELETE by e-mail": lambda partner: partner.delete("/customers/{tenant}", **BY_EMAIL),
    "Jericommerce": lambda partner: partner.send(
        "DELETE", f"{PROGRAM}?email=zenobia%2Bvip@person.example", **{"api-key": partner.key}
    ),
    "is_deleted": lambda partner: upload(partner, {"email": PERSON["Email"], "is_deleted": True}),
    "is_forgotten": lambda partner: upload(partner, {"email": PERSON["Email"], "is_forgotten": True}),
    "by hub id": lambda partner: erase_by_id(partner),
}


def erase_by_id(partner: Partner, origin: Origin = BY_STAFF) -> None:
    ids = list(Customer.objects.filter(tenant=partner.tenant).values_list("pk", flat=True))
    erase_customers_by_id(partner.tenant, ids, origin=origin)


def the_certificate() -> ErasureCertificate:
    return ErasureCertificate.objects.get()


@pytest.mark.parametrize("erase", DOORS.values(), ids=DOORS)
def test_every_door_leaves_one_certificate_of_an_erased_person(partner: Partner, erase: Any) -> None:
    partner.save("customers", PERSON)
    partner.save("customers", {**PERSON, "EmailOptin": False})
    partner.save("orders", an_order("O-1"), an_order("O-2"))
    pk = Customer.objects.get().pk

    erase(partner)

    found = the_certificate()
    erasure = Changeset.objects.get(operation="erase", entity="customers")
    assert (found.hub_id, found.changeset_number) == (pk, erasure.number)
    assert (found.actor, found.source, found.trace_id) == (erasure.actor, erasure.source, erasure.trace_id)
    assert found.created_at == erasure.created_at
    assert found.went == {"Orders": 2, "LedgerRows": 2, "Persons": 1, "BeforeImages": 0, "LeftOut": 0}
    assert traces() == []
    assert verify(orjson.dumps(document(found)))[0] == Verdict.VALID


def test_a_person_is_found_by_all_that_they_were_ever_known_by(make_tenant: MakeTenant) -> None:
    partner, stranger = make_tenant(), make_tenant()
    partner.save("customers", {**PERSON, "Email": "before@person.example"})
    partner.save("customers", PERSON)

    partner.delete("/customers/{tenant}", **BY_ID)

    known = [("CustomerId", PERSON["CustomerId"]), ("Email", PERSON["Email"]), ("Email", "before@person.example")]
    known += [("Phone", "+49 170 5550123"), ("Phone", "00491705550123")]
    assert [len(certificates_of(partner.tenant, [pair])) for pair in known] == [1] * 5
    assert [len(certificates_of(stranger.tenant, [pair])) for pair in known] == [0] * 5
    assert certificates_of(partner.tenant, [("Email", "else@person.example")]) == []
    assert certificates_of(partner.tenant, []) == []


def test_who_was_no_customer_has_a_certificate_where_something_went(partner: Partner) -> None:
    partner.save("orders", an_order("O-1"))

    partner.delete("/customers/{tenant}", **BY_EMAIL)

    found = the_certificate()
    assert (found.hub_id, found.went["Orders"]) == (None, 1)
    assert found.changeset_number == Changeset.objects.get(operation="erase").number


def test_who_was_only_in_quarantine_has_a_certificate_without_a_changeset(partner: Partner) -> None:
    take(partner, "customers", customer(), {"Email": PERSON["Email"], "Language": "much too long"})

    partner.delete("/customers/{tenant}", **BY_EMAIL)

    found = the_certificate()
    assert (found.hub_id, found.changeset_number, found.went["LeftOut"]) == (None, None, 1)


def test_nothing_is_certified_where_nothing_went_or_was_tried_out(partner: Partner) -> None:
    partner.delete("/customers/{tenant}", **BY_EMAIL)
    partner.save("customers", PERSON)
    partner.delete("/customers/{tenant}", **BY_ID, dryRun="true")
    upload(partner, {"email": "nobody@person.example", "is_forgotten": True})

    assert not ErasureCertificate.objects.exists()


def test_each_of_500_has_a_certificate_in_as_many_statements_as_one(
    partner: Partner, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 500):
        partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(count)))
        bought = [an_order(f"O-{i}", f"C-{i}", f"c{i}@person.example") for i in range(count)]
        for start in range(0, count, 100):
            partner.save("orders", *bought[start : start + 100])
        ids = list(Customer.objects.values_list("pk", flat=True))
        with django_assert_max_num_queries(24):
            erase_customers_by_id(partner.tenant, ids, origin=BY_STAFF)

    certificates = list(ErasureCertificate.objects.all()[:500])
    assert {one.hub_id for one in certificates} == set(ids)
    assert {(one.went["Persons"], one.went["Orders"]) for one in certificates} == {(500, 1)}
    assert len({one.number for one in ErasureCertificate.objects.all()}) == 501


def test_what_a_batch_names_is_certified_person_by_person(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A"}, {"CustomerId": "B"})
    partner.save("orders", an_order("O-1", "A", "a@person.example"), an_order("O-2", "guest", "g@person.example"))

    named = [{"external_id": name, "is_deleted": True} for name in ("A", "B", "guest", "nobody")]
    upload(partner, *named)

    known = [certificates_of(partner.tenant, [("CustomerId", name)]) for name in ("A", "B", "guest", "nobody")]
    assert [[one.went["Orders"] for one in found] for found in known] == [[1], [0], [1], []]


ALTERED: dict[str, dict[str, Any]] = {
    "the day": {"ErasedAt": "2020-01-01T00:00:00.000000Z"},
    "who": {"Actor": "Anton"},
    "the ground": {"LegalBasis": "consent_withdrawn"},
    "the reference": {"Reference": "GDPR-2026-5"},
    "the reference and its hash": {"Reference": None, "ReferenceHash": None},
    "the record": {"HubId": 1},
    "the tenant": {"TenantId": "00000000-0000-4000-8000-000000000001"},
    "what went": {"Went": {"Orders": 9}},
    "the hashes": {"Digests": []},
    "the signature": {"Signature": "00" * 32},
    "a member more": {"More": 1},
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_an_altered_certificate_is_told_from_one_that_was_signed(partner: Partner, change: dict[str, Any]) -> None:
    partner.save("customers", PERSON)
    erase_by_id(partner)
    signed = document(the_certificate())

    assert verify(orjson.dumps(signed))[0] == Verdict.VALID
    assert verify(orjson.dumps({**signed, **change}))[0] == Verdict.ALTERED


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "x\0", '{"Format":2}', '{"Format":1,"Signature":1}', "[" * 99]
)
def test_what_is_no_certificate_is_none(text: str) -> None:
    assert verify(text) == (Verdict.NONE, {})


def test_a_certificate_of_another_key_says_so(partner: Partner) -> None:
    partner.save("customers", PERSON)
    erase_by_id(partner)
    signed = orjson.dumps(document(the_certificate()))

    with override_settings(ERASURE_KEY="another key of as many characters"):
        assert verify(signed)[0] == Verdict.OTHER_KEY


def test_a_reference_that_names_the_person_is_not_kept(partner: Partner) -> None:
    partner.save("customers", PERSON)

    erase_by_id(partner, replace(BY_STAFF, reference="letter of zenobia"))

    found = the_certificate()
    assert (found.reference, found.reference_hash) == ("", "")
    assert traces() == []


def test_a_reference_that_names_somebody_who_is_erased_later_goes_and_the_signature_holds(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "first"})
    erase_by_id(partner, replace(BY_STAFF, reference="asked by Zenobia"))
    partner.save("customers", PERSON)
    assert [row for row in every_row() if "asked by" in row]

    partner.delete("/customers/{tenant}", **BY_ID)

    first = ErasureCertificate.objects.order_by("pk")[0]
    assert (first.reference, traces()) == ("", [])
    assert verify(orjson.dumps(document(first)))[0] == Verdict.VALID


def test_the_feed_names_ground_reference_and_certificates(partner: Partner) -> None:
    partner.save("customers", PERSON)
    partner.save("orders", an_order("O-1"))
    erase_by_id(partner)
    found = the_certificate()

    told = [change for change in partner.get("/changes/{tenant}").json()["data"]["results"] if "Erasure" in change]
    one = partner.get(f"/changes/{{tenant}}/{found.changeset_number}").json()["data"]

    (erasure,) = told
    certificates = [{"HubId": found.hub_id, "Number": found.number}]
    named = {"LegalBasis": "objection", "Reference": "GDPR-2026-4", "Certificates": certificates}
    assert (erasure["Entity"], erasure["Erasure"], one["Erasure"]) == ("customers", named, named)


def test_a_request_says_on_what_ground_and_at_which_request_somebody_is_erased(partner: Partner) -> None:
    partner.save("customers", PERSON)
    partner.save("orders", an_order("O-1"))

    told = partner.delete("/customers/{tenant}", **BY_ID, legalBasis="objection", reference=" GDPR-2026-4 ", reason="x")

    found = the_certificate()
    assert (told.status_code, found.legal_basis, found.reference) == (200, "objection", "GDPR-2026-4")
    assert verify(orjson.dumps(document(found)))[0] == Verdict.VALID
    erasure = partner.get(f"/changes/{{tenant}}/{found.changeset_number}").json()["data"]["Erasure"]
    assert (erasure["LegalBasis"], erasure["Reference"]) == ("objection", "GDPR-2026-4")
    assert set(told.json()["data"]) == {
        "customerId", "email", "removed", "deletedAt", "changeset", "created", "updated", "unchanged"
    }  # fmt: skip


@pytest.mark.parametrize("basis", LegalBasis.values)
def test_every_ground_that_staff_may_choose_may_be_sent(partner: Partner, basis: str) -> None:
    partner.save("customers", PERSON)

    assert partner.delete("/customers/{tenant}", **BY_EMAIL, legalBasis=basis).status_code == 200

    assert the_certificate().legal_basis == basis


BASES = f"The field legalBasis must be one of these: {', '.join(LegalBasis.values)}."
ONE_LINE = "The field reference must be one line of text, without control characters."
NO_GROUND_OR_REFERENCE: dict[str, tuple[str, str]] = {
    "legalBasis=Objection": ("legalBasis", BASES),
    "legalBasis=17(1)(c)": ("legalBasis", BASES),
    "legalBasis=": ("legalBasis", "The query parameter must have a value."),
    "legalBasis=other&legalBasis=other": ("legalBasis", "The query parameter must be given once."),
    "legalbasis=other": ("legalbasis", "Unknown query parameter."),
    "reference=%20": ("reference", "The query parameter must have a value."),
    "reference=" + "x" * 101: ("reference", "The field reference must be a string with a maximum length of 100."),
    "reference=a%0Ab": ("reference", ONE_LINE),
    "reference=a%E2%80%AEb": ("reference", ONE_LINE),
}


@pytest.mark.parametrize("query", NO_GROUND_OR_REFERENCE)
def test_what_is_no_ground_or_reference_is_refused_and_nobody_erased(partner: Partner, query: str) -> None:
    partner.save("customers", PERSON)

    refused = partner.send("DELETE", f"/customers/{{tenant}}?customerId={PERSON['CustomerId']}&{query}")

    name, text = NO_GROUND_OR_REFERENCE[query]
    assert (refused.status_code, refused.json()["errors"]) == (400, {name: [text]})
    assert Customer.objects.exists()
    assert not ErasureCertificate.objects.exists()


def test_a_reference_of_a_request_that_names_the_person_is_left_out(partner: Partner) -> None:
    partner.save("customers", PERSON)

    assert partner.delete("/customers/{tenant}", **BY_ID, reference="letter of zenobia").status_code == 200

    assert (the_certificate().reference, traces()) == ("", [])


@pytest.mark.parametrize("path", ["/orders/{tenant}/O-1", "/products/{tenant}/P-1", f"{PROGRAM}?email=a@b.example"])
def test_only_an_erasure_of_a_person_takes_a_ground(partner: Partner, path: str) -> None:
    query = f"{path}{'&' if '?' in path else '?'}legalBasis=other"

    refused = partner.send("DELETE", query, **{"api-key": partner.key})

    assert (refused.status_code, refused.json()["errors"]) == (400, {"legalBasis": ["Unknown query parameter."]})
