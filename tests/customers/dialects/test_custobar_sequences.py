"""Any sequence of Custobar uploads leaves what a small naive model leaves that takes records one by one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.custobar_model import IDENTIFIERS, TEXTS, Shop, seen
from tests.customers.dialects.vendors import assert_keys_true, upload

tags = st.lists(st.sampled_from("xyz"), max_size=3)
some_texts = {name: st.sampled_from(["", "one", "two"]) for name in TEXTS}
optional = {
    **{name: st.sampled_from(["", *values]) for name, values in IDENTIFIERS.items()},
    **some_texts,
    "can_email": st.sampled_from([True, False, ""]),
    "tags": tags,
    "tags.add": tags,
    "tags.remove": tags,
}
flag = st.sampled_from([{}, {}, {}, {}, {"is_forgotten": True}, {"is_deleted": True}, {"is_deleted": False}])
records = st.tuples(st.fixed_dictionaries({}, optional=optional), flag).map(lambda parts: parts[0] | parts[1])
identified = records.filter(lambda record: any(record.get(name) for name in IDENTIFIERS))
uploads = st.lists(st.lists(identified, min_size=1, max_size=5), min_size=1, max_size=4)


def assert_uploads_leave_what_the_model_leaves(partner: Partner, uploads: list[list[dict[str, Any]]]) -> None:
    shop = Shop(partner.tenant.priority)

    for sent in uploads:
        upload(partner, *sent)
        for record in sent:
            shop.take(record)

        assert seen(partner.read("customers")) == shop.seen()
        assert_keys_true(partner)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(50)
@given(sent=uploads)
def test_uploads_leave_what_the_model_leaves(priority: str, make_tenant: MakeTenant, sent: list[Any]) -> None:
    assert_uploads_leave_what_the_model_leaves(make_tenant(priority=priority), sent)


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
    assert_uploads_leave_what_the_model_leaves(make_tenant(), sent)


plain = st.fixed_dictionaries(
    {"external_id": st.sampled_from(IDENTIFIERS["external_id"])},
    optional={
        **{name: st.sampled_from(IDENTIFIERS[name]) for name in ("phone_number", "email")},
        "first_name": st.sampled_from(["", "one", "two"]),
        "can_email": st.booleans(),
    },
)
nameless = st.one_of(*(st.fixed_dictionaries({n: st.sampled_from(IDENTIFIERS[n])}) for n in ("phone_number", "email")))
plain_uploads = st.lists(st.one_of(st.lists(plain, min_size=1, max_size=3), st.lists(nameless, max_size=2)), max_size=6)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(50)
@given(sent=plain_uploads)
def test_plain_uploads_leave_what_the_model_leaves(priority: str, make_tenant: MakeTenant, sent: list[Any]) -> None:
    assert_uploads_leave_what_the_model_leaves(make_tenant(priority=priority), sent)
