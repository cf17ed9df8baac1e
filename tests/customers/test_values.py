"""The values a customer may have, row by row: what is stored, what is cleared, what is refused."""

from typing import Any

import pytest

from tests.conftest import MakeTenant, Partner
from tests.orders.records import order

FLAGS = ["EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin", "GdprOptin", "IsExcluded"]
LENGTHS = {"CustomerId": 100, "Name": 100, "Surname": 300, "Phone": 20, "Username": 500}
TEXTS = {"Name": "Ann", "Surname": "Doe", "Phone": "+491705550123", "Language": "en-US", "Username": "ann"}
FULL = {"CustomerId": "A", "Email": "ann@shop.example", **TEXTS, **dict.fromkeys(FLAGS, True)}
BLANKS = ["", " ", "\t\n", "\u00a0\u2003"]


def stored(partner: Partner, **fields: Any) -> dict[str, Any]:
    partner.save("customers", {"CustomerId": "A", **fields})
    return next(record for record in partner.read("customers") if record["CustomerId"] == "A")


def refusal(partner: Partner, **fields: Any) -> dict[str, list[str]]:
    response = partner.post("customers", [{"CustomerId": "A", **fields}])
    assert response.status_code == 400, response.content
    errors: dict[str, list[str]] = response.json()["errors"]
    return errors


def test_fields_left_out_of_a_new_customer_have_defaults(partner: Partner) -> None:
    found = stored(partner)

    assert {name: found[name] for name in ["Email", *TEXTS]} == dict.fromkeys(["Email", *TEXTS])
    assert {name: found[name] for name in FLAGS} == dict.fromkeys(FLAGS, False)
    assert (found["Attributes"], found["Tags"], found["MailingLists"]) == ({}, [], [])


@pytest.mark.parametrize("name", FULL)
def test_a_field_left_out_keeps_its_value(partner: Partner, name: str) -> None:
    before = stored(partner, **FULL)

    partner.save("customers", {n: value for n, value in FULL.items() if n != name or n == "CustomerId"})

    assert partner.read("customers") == [before]


@pytest.mark.parametrize("name", [name for name in FULL if name != "CustomerId"])
def test_null_is_the_same_as_left_out(partner: Partner, name: str) -> None:
    before = stored(partner, **FULL)

    assert stored(partner, **{name: None}) == before


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_blank_clears_a_text(partner: Partner, name: str, blank: str) -> None:
    before = stored(partner, **FULL)

    after = stored(partner, **{name: blank})

    assert after == {**before, name: None, "UpdatedAt": after["UpdatedAt"]}


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("name", ["CustomerId", "Email"])
def test_a_blank_identifier_is_a_missing_one(make_tenant: MakeTenant, priority: str, name: str, blank: str) -> None:
    partner = make_tenant(priority=priority)
    before = stored(partner, **FULL)

    partner.save("customers", {**FULL, name: blank})

    assert partner.read("customers") == [before]


@pytest.mark.parametrize("value", ["true", "", 1, 0, [True], {"value": True}])
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false(partner: Partner, name: str, value: Any) -> None:
    assert refusal(partner, **{name: value}) == {f"[0].{name}": [f"The field {name} must be true or false."]}


@pytest.mark.parametrize("value", [1, 1.5, True, ["x"], {"text": "x"}])
@pytest.mark.parametrize("name", ["CustomerId", "Email", *TEXTS])
def test_a_text_is_a_string(partner: Partner, name: str, value: Any) -> None:
    assert refusal(partner, **{name: value}) == {f"[0].{name}": [f"The field {name} must be a string."]}


@pytest.mark.parametrize("letter", ["x", "é", "ש", "中", "😀"])
@pytest.mark.parametrize(("name", "length"), LENGTHS.items())
def test_lengths_are_counted_in_code_points(partner: Partner, name: str, length: int, letter: str) -> None:
    text = letter * length

    partner.save("customers", {"Email": "ann@shop.example", "CustomerId": "A", name: text})

    assert partner.read("customers")[0][name] == text
    assert refusal(partner, **{name: text + letter}) == {
        f"[0].{name}": [f"The field {name} must be a string with a maximum length of {length}."]
    }


def test_surrounding_whitespace_does_not_count(partner: Partner) -> None:
    assert stored(partner, Name=f"  {'x' * 100}\n")["Name"] == "x" * 100


NAMES = ["José Ñandú", "مُحَمَّد", "דָּוִד", "अनुष्का", "王小明", "👩‍👩‍👧‍👦 Ann", "O'Brien <b>\"; DROP TABLE--", "a\nb", "é"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_script_come_back_as_sent(partner: Partner, name: str) -> None:
    found = stored(partner, Name=f" {name} ", Username=name)

    assert (found["Name"], found["Username"]) == (name, name)


@pytest.mark.parametrize(
    "name", ["a", " A", "A ", "a/b", "%41", "😀", "é", "e\u0301", "x" * 100, "i:A", "'", "\\", "\u200b"]
)
def test_customer_ids_are_exact(partner: Partner, name: str) -> None:
    partner.save("customers", {"CustomerId": "A"}, {"CustomerId": name})

    assert {record["CustomerId"] for record in partner.read("customers")} == {"A", name}


EMAILS = {
    "Ann@Shop.Example": "ann@shop.example",
    " ann@shop.example\n": "ann@shop.example",
    "ann+tag@shop.example": "ann+tag@shop.example",
    "o'brien.x_y-z@sub.shop.example": "o'brien.x_y-z@sub.shop.example",
    "АННА@Пример.РФ": "анна@пример.рф",
    "ann@münchen.example": "ann@münchen.example",
    "😀@shop.example": "😀@shop.example",
    "x" * 242 + "@shop.example": "x" * 242 + "@shop.example",
    "😀" * 242 + "@shop.example": "😀" * 242 + "@shop.example",
    "İ@shop.example": "i̇@shop.example",
    "ΣΑΣ@shop.example": "σας@shop.example",
}


@pytest.mark.parametrize("email", EMAILS)
def test_emails_are_stored_in_lower_case_and_found_by_it(by_email: Partner, email: str) -> None:
    by_email.save("customers", {"Email": email})
    by_email.save("customers", {"Email": EMAILS[email], "Name": "Ann"})

    assert [(record["Email"], record["Name"]) for record in by_email.read("customers")] == [(EMAILS[email], "Ann")]
    assert len(by_email.read("customers", Email=email)) == 1
    assert by_email.delete("/customers/{tenant}", email=email).status_code == 200
    assert by_email.read("customers") == []


FORMS = {
    "ann@xn--e1afmkfd.xn--p1ai": "ann@пример.рф",
    "ann@XN--E1AFMKFD.xn--p1ai": "ann@пример.рф",
    "mari@BÜCHER.example": "mari@bücher.example",
    "mari@bu\u0308cher.example": "mari@bücher.example",
    "mari@bücher。example": "mari@bücher.example",
    "mari@ｂücher．ｅｘａｍｐｌｅ": "mari@bücher.example",
    "jose\u0301@shop.example": "josé@shop.example",
    "\ufeffann\u200b@sh\u00adop.example\u2060 ": "ann@shop.example",
    "ann\u200d\u200c@shop.example": "ann@shop.example",
    "I\u0307@shop.example": "i̇@shop.example",
    "ann@उदाहरण.भारत": "ann@उदाहरण.भारत",
    "अनुष्का@उदाहरण.भारत": "अनुष्का@उदाहरण.भारत",
    "ann@مثال.إختبار": "ann@مثال.إختبار",
    "ann@ඞ.example": "ann@ඞ.example",
    "ann@faß.example": "ann@faß.example",
    "ann@نامه\u200cای.example": "ann@نامه\u200cای.example",
    "john.@shop.example": "john.@shop.example",
    "a..b@shop.example": "a..b@shop.example",
    "a/b@shop.example": "a/b@shop.example",
    "o'hara@shop.example": "o'hara@shop.example",
    "!#$%&*+-=?^_`{|}~@shop.example": "!#$%&*+-=?^_`{|}~@shop.example",
    "+@shop.example": "+@shop.example",
    "ann@ab--c.example": "ann@ab--c.example",
    "ann@1.example": "ann@1.example",
    "ann@" + "x" * 63 + ".example": "ann@" + "x" * 63 + ".example",
    "a" * 200 + "@" + "xn--bcher-kva." * 5 + "de": "a" * 200 + "@" + "bücher." * 5 + "de",
}


@pytest.mark.parametrize("email", FORMS)
def test_an_email_is_stored_in_its_one_form(partner: Partner, email: str) -> None:
    partner.save("customers", {"CustomerId": "A", "Email": email})
    partner.save("orders", order(Email=email))

    assert partner.read("customers")[0]["Email"] == FORMS[email]
    assert partner.read("orders")[0]["Email"] == FORMS[email]


@pytest.mark.parametrize("email", FORMS)
def test_two_spellings_of_an_email_are_one_customer(by_email: Partner, email: str) -> None:
    by_email.save("customers", {"Email": email, "EmailOptin": True}, {"Email": FORMS[email], "Name": "Ann"})
    by_email.save("customers", {"Email": FORMS[email], "EmailOptin": False})

    (found,) = by_email.read("customers")
    assert (found["Email"], found["Name"], found["EmailOptin"]) == (FORMS[email], "Ann", False)


@pytest.mark.parametrize("blank", ["", " \t", "\u00a0\u2003", "\x1c"])
def test_a_blank_email_is_a_missing_one(partner: Partner, blank: str) -> None:
    partner.save("customers", {"CustomerId": "A", "Email": blank})

    assert partner.read("customers")[0]["Email"] is None
    assert partner.post("orders", [order(Email=blank)]).json()["errors"] == {
        "[0].Email": ["The Email field is required."]
    }


NO_EMAILS = [
    "ann",
    "ann@",
    "@shop.example",
    "ann@shop",
    "ann@@shop.example",
    "a@b@shop.example",
    "ann@shop..example",
    "ann@.example",
    "ann@shop.example.",
    "ann@-shop.example",
    "ann@shop-.example",
    "ann@shop.e",
    "ann@192.168.0.1",
    "ann smith@shop.example",
    "ann@shop example.org",
    "Ann <ann@shop.example>",
    "ann@shop.example, bo@shop.example",
    "ann\u0007@shop.example",
    "ann\u0085x@shop.example",
    "ann\u2003x@shop.example",
    "mailto:ann@shop.example",
    "ann,bo@shop.example",
    "ann;bo@shop.example",
    "ann(work)@shop.example",
    '"ann"@shop.example',
    "ann\\@shop.example",
    "[ann]@shop.example",
    "ann＠shop.example",
    "ann@shop_1.example",
    "ann@😀.example",
    "ann@shop.example。",
    "ann@shop",
    "ann@" + "x" * 64 + ".example",
    "ann@" + "ü" * 58 + ".example",
    "ann@xn--zz--.example",
    "ann@xn--.example",
    "ann@xn--bücher.example",
    "ann@xn--abc-.example",
    "ann@\u0301shop.example",
    "ann@bü-.example",
    "ann@ab--ü.example",
    "ann@1אב.example",
    "ann@shop\u200cx.example",
    "ann@ﬀ℀.example",
    "\u200b",
    "\u200b@shop.example",
]


@pytest.mark.parametrize("email", NO_EMAILS)
def test_what_is_no_email_is_refused(partner: Partner, email: str) -> None:
    assert refusal(partner, Email=email) == {"[0].Email": ["The field Email must be a valid e-mail address."]}


@pytest.mark.parametrize("email", ["x" * 243 + "@shop.example", "İ" * 200 + "@shop.example", "x" * 10_000])
@pytest.mark.parametrize("required", [[], ["Email"]])
def test_an_email_is_too_long_in_lower_case_too(make_tenant: MakeTenant, required: list[str], email: str) -> None:
    assert refusal(make_tenant(required=required), Email=email) == {
        "[0].Email": ["The field Email must be a string with a maximum length of 255."]
    }


PHONES = ["+491705550123", "+1-555-123-4567", "(030) 901820", "030/901820", "+44 20 7946 0958", "555.123.4567"]


@pytest.mark.parametrize("phone", PHONES)
def test_phones_of_any_form_are_stored_as_sent(partner: Partner, phone: str) -> None:
    data = partner.save("customers", {"CustomerId": "A", "Phone": f" {phone} "})

    assert "warnings" not in data
    assert partner.read("customers")[0]["Phone"] == phone


@pytest.mark.parametrize("phone", ["none", "1234", "ask Bo", "+49 170 CALL ME", "☎"])
def test_what_is_no_phone_number_is_stored_with_a_warning(partner: Partner, phone: str) -> None:
    data = partner.save("customers", {"CustomerId": "B"}, {"CustomerId": "A", "Phone": phone})

    assert data["warnings"] == {"[1].Phone": ["Does not look like a phone number; stored as sent."]}
    assert partner.read("customers", CustomerId="A")[0]["Phone"] == phone


LANGUAGES = {
    "en": "en",
    "EN": "en",
    "en-us": "en-US",
    " de-AT ": "de-AT",
    "ES-419": "es-419",
    "zh-hant-tw": "zh-Hant-TW",
    "ZH-HANS": "zh-Hans",
    "fil-ph": "fil-PH",
    "sl-ROZAJ": "sl-rozaj",
    "de-1996": "de-1996",
    "en_US": "en-US",
    "en_us": "en-US",
    "EN_us": "en-US",
    "zh_Hant_TW": "zh-Hant-TW",
    "zh_hant-tw": "zh-Hant-TW",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_usual_case(partner: Partner, language: str) -> None:
    assert stored(partner, Language=language)["Language"] == LANGUAGES[language]


@pytest.mark.parametrize(
    "language",
    [
        "en_",
        "_en",
        "en__US",
        "en US",
        "en_US.UTF8",
        "english",
        "e",
        "en-",
        "-en",
        "en--US",
        "d€",
        "en-USA1",
        "日本語",
        "x",
    ],
)
def test_what_is_no_language_tag_is_refused(partner: Partner, language: str) -> None:
    assert refusal(partner, Language=language) == {
        "[0].Language": ["The field Language must be a BCP 47 language tag, for example en-US."]
    }


@pytest.mark.parametrize("missing", ["left out", None, "", " \t"])
@pytest.mark.parametrize("name", FULL)
def test_a_required_field_must_be_there(make_tenant: MakeTenant, name: str, missing: str | None) -> None:
    partner = make_tenant(required=[name])
    record = {**FULL, name: missing}
    if missing == "left out" or (name in FLAGS and missing is not None):
        del record[name]

    response = partner.post("customers", [FULL, record])

    assert response.status_code == 400
    assert response.json()["errors"] == {f"[1].{name}": [f"The {name} field is required."]}
    assert response.json()["details"] == [{"index": 1, "field": name, "code": "required"}]
    assert partner.read("customers") == []
    assert partner.save("customers", {**FULL, **({name: False} if name in FLAGS else {})})["count"] == 1


@pytest.mark.parametrize("blank", ["", " \t", "\u00a0\u2003", "\x1c", "\x1f "])
def test_a_blank_email_is_no_required_one(make_tenant: MakeTenant, blank: str) -> None:
    partner = make_tenant(required=["Email"])

    assert refusal(partner, Email=blank) == {"[0].Email": ["The Email field is required."]}


def test_a_required_field_keeps_its_own_rules(make_tenant: MakeTenant) -> None:
    partner = make_tenant(required=["Email", "Language", "Phone", "GdprOptin"])

    assert refusal(partner, Email="ann@", Language="en US", Phone="5" * 21, GdprOptin="yes") == {
        "[0].Email": ["The field Email must be a valid e-mail address."],
        "[0].Language": ["The field Language must be a BCP 47 language tag, for example en-US."],
        "[0].Phone": ["The field Phone must be a string with a maximum length of 20."],
        "[0].GdprOptin": ["The field GdprOptin must be true or false."],
    }
    found = stored(partner, Email=" Ann@Shop.example", Language="en-us", Phone=" +491705550123", GdprOptin=False)
    assert (found["Email"], found["Language"], found["Phone"]) == ("ann@shop.example", "en-US", "+491705550123")
