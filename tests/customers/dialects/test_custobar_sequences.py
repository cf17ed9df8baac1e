"""Any sequence of Custobar uploads leaves what a small naive model leaves that takes records one by one."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.custobar_model import COUNTRY, IDENTIFIERS, SPELLINGS, TEXTS, Shop, seen
from tests.customers.dialects.vendors import assert_keys_true, upload

tags = st.lists(st.sampled_from("xyz"), max_size=3)
some_texts = {name: st.sampled_from(["", "one", "two"]) for name in TEXTS}
optional = {
    **{name: st.sampled_from(["", *values, *SPELLINGS[name]]) for name, values in IDENTIFIERS.items()},
    **some_texts,
    **{name: st.sampled_from([True, False, "", *SPELLINGS[name]]) for name in ("can_email", "can_post")},
    "tags": tags,
    "tags.add": tags,
    "tags.remove": tags,
    "mailing_lists": tags,
    "mailing_lists.remove": tags,
}
flag = st.sampled_from([{}, {}, {}, {}, {"is_forgotten": True}, {"is_deleted": True}, {"is_deleted": False}])
records = st.tuples(st.fixed_dictionaries({}, optional=optional), flag).map(lambda parts: parts[0] | parts[1])
identified = records.filter(lambda record: any(record.get(name) for name in IDENTIFIERS))
uploads = st.lists(st.lists(identified, min_size=1, max_size=5), min_size=1, max_size=4)


def assert_uploads_leave_what_the_model_leaves(partner: Partner, uploads: list[list[dict[str, Any]]]) -> None:
    shop = Shop(partner.tenant.priority)

    for sent in uploads:
        warnings = upload(partner, *sent).get("warnings", {})
        meant = [shop.take(record) for record in sent]

        said = {place: int(texts[0].split()[0]) for place, texts in warnings.items() if place.endswith("]")}
        assert said == {f"[{i}]": number for i, number in enumerate(meant) if number > 1}
        assert seen(partner.read("customers")) == shop.seen()
        assert_keys_true(partner)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(50)
@given(sent=uploads)
def test_uploads_leave_what_the_model_leaves(priority: str, make_tenant: MakeTenant, sent: list[Any]) -> None:
    assert_uploads_leave_what_the_model_leaves(make_tenant(priority=priority, default_country=COUNTRY), sent)


named = st.fixed_dictionaries(
    {"external_id": st.sampled_from(IDENTIFIERS["external_id"])},
    optional={
        **{name: st.sampled_from(IDENTIFIERS[name]) for name in ("phone_number", "email")},
        **some_texts,
        **dict.fromkeys(("tags", "tags.add", "tags.remove"), tags),
    },
)
named_uploads = st.lists(
    st.one_of(st.lists(named, min_size=1, max_size=5), st.lists(identified, max_size=2)), min_size=2, max_size=5
)


@examples(50)
@given(sent=named_uploads)
def test_named_uploads_leave_what_the_model_leaves(make_tenant: MakeTenant, sent: list[Any]) -> None:
    assert_uploads_leave_what_the_model_leaves(make_tenant(default_country=COUNTRY), sent)


plain = st.fixed_dictionaries(
    {"external_id": st.sampled_from(IDENTIFIERS["external_id"])},
    optional={
        **{name: st.sampled_from(IDENTIFIERS[name]) for name in ("phone_number", "email")},
        "first_name": st.sampled_from(["", "one", "two"]),
        "can_email": st.booleans(),
    },
)
# Several customers without external_id, of one number: whoever names them by it means all.
shared = st.fixed_dictionaries(
    {"phone_number": st.sampled_from(IDENTIFIERS["phone_number"])},
    optional={
        "email": st.sampled_from(IDENTIFIERS["email"]),
        "can_email": st.sampled_from([True, "YES", "", "No", False]),
        "can_post": st.booleans(),
        "mailing_lists": tags,
        "mailing_lists.remove": tags,
        "first_name": st.sampled_from(["", "one"]),
        "external_id": st.sampled_from(IDENTIFIERS["external_id"]),
    },
)
shared_uploads = st.lists(
    st.lists(st.tuples(shared, flag).map(lambda parts: parts[0] | parts[1]), max_size=5), max_size=4
)


# Who is forgotten under one e-mail is known by the one before, too.
FORMER_EMAIL: list[Any] = [
    [
        {"phone_number": "+358101000001", "email": "b@x.org"},
        {"phone_number": "+358101000001", "email": "a@x.org"},
        {"phone_number": "+358101000001", "is_forgotten": True},
        {"phone_number": "+358102000002", "email": "b@x.org"},
    ]
]


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(50)
@given(sent=shared_uploads)
@example(sent=FORMER_EMAIL)
def test_uploads_that_mean_several_leave_what_the_model_leaves(
    priority: str, make_tenant: MakeTenant, sent: list[Any]
) -> None:
    assert_uploads_leave_what_the_model_leaves(make_tenant(priority=priority, default_country=COUNTRY), sent)


nameless = st.one_of(*(st.fixed_dictionaries({n: st.sampled_from(IDENTIFIERS[n])}) for n in ("phone_number", "email")))
plain_uploads = st.lists(st.one_of(st.lists(plain, min_size=1, max_size=3), st.lists(nameless, max_size=2)), max_size=6)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(50)
@given(sent=plain_uploads)
def test_plain_uploads_leave_what_the_model_leaves(priority: str, make_tenant: MakeTenant, sent: list[Any]) -> None:
    assert_uploads_leave_what_the_model_leaves(make_tenant(priority=priority, default_country=COUNTRY), sent)
