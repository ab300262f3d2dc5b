"""Every scheme, against signatures made as the vendors document them: right ones pass, and no other does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ReadError
from engine.intake.signatures import Proof, Request, UnsignedError, proof_of, sign
from engine.language.sources.schemes import SCHEMES
from tests.support import vendors
from tests.support.vendors import SECRETS

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BODY = b'{"id": 1, "name": "Z\xc3\xbcrich"}'
URL = "https://journeys.shop.example/in/hubspot?a=b%2Fc"
RAW = b"0123456789abcdef0123456789abcdef"
WHSEC = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

#: `signature` of a file, its secret, and the headers of a right request.
CASES: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
    "shopify": ({}, SECRETS["SHOPIFY_WEBHOOK_SECRET"], vendors.shopify(BODY, "x")),
    "woocommerce": ({}, SECRETS["WOOCOMMERCE_WEBHOOK_SECRET"], vendors.woocommerce(BODY, "x")),
    "magento": ({}, SECRETS["MAGENTO_WEBHOOK_SECRET"], vendors.magento(BODY)),
    "stripe": ({}, SECRETS["STRIPE_WEBHOOK_SECRET"], vendors.stripe(BODY, NOW)),
    "zendesk": ({}, SECRETS["ZENDESK_WEBHOOK_SECRET"], vendors.zendesk(BODY, NOW)),
    "typeform": ({}, SECRETS["TYPEFORM_WEBHOOK_SECRET"], vendors.typeform(BODY)),
    "hubspot": (
        {},
        SECRETS["HUBSPOT_CLIENT_SECRET"],
        vendors.hubspot(BODY, "https://journeys.shop.example/in/hubspot?a=b/c", NOW),
    ),
    "standard-webhooks": ({}, WHSEC, vendors.standard(RAW, BODY, "msg_1", NOW)),
    "bigcommerce": ({}, RAW.decode(), vendors.standard(RAW, BODY, "msg_1", NOW)),
    "basic": ({"user": "insightly"}, SECRETS["INSIGHTLY_PASSWORD"], vendors.insightly()),
    "token": ({}, "a shared token", {"Authorization": "Bearer a shared token"}),
    "hmac": (
        {"header": "X-Sign", "encoding": "hex", "prefix": "sha256="},
        "a secret",
        {"X-Sign": "sha256=" + vendors._hmac("a secret", BODY).hex()},
    ),
}
SIGNED = [name for name, scheme in SCHEMES.items() if scheme.kind == "hmac"]
TIMED = [name for name, scheme in SCHEMES.items() if scheme.has_time]


def proof(name: str, *more: str) -> Proof:
    plain, secret, _ = CASES[name]
    return proof_of({"scheme": name, **plain}, [*more, secret])


def request(name: str, body: bytes = BODY, headers: Mapping[str, str] | None = None) -> Request:
    given = CASES[name][2] if headers is None else headers
    return Request(body, {key.lower(): value for key, value in given.items()}, "POST", URL)


def test_every_scheme_is_here() -> None:
    assert CASES.keys() == SCHEMES.keys()
    assert set(TIMED) == {"stripe", "zendesk", "hubspot", "standard-webhooks", "bigcommerce"}


@pytest.mark.parametrize("name", CASES)
def test_what_the_vendor_signs_is_believed_by_any_of_the_secrets(name: str) -> None:
    proof(name).check(request(name), NOW)
    if name != "standard-webhooks":  # whose keys are Base64
        proof(name, "another secret").check(request(name), NOW)


@pytest.mark.parametrize("name", CASES)
def test_another_secret_an_empty_header_and_none_are_not(name: str) -> None:
    plain = {"scheme": name, **CASES[name][0]}
    wrong = proof_of(plain, ["whsec_AAAA" if name == "standard-webhooks" else "another secret"])
    empty = dict.fromkeys(CASES[name][2], "")
    for one, sent in ((wrong, request(name)), (proof(name), request(name, headers=empty))):
        with pytest.raises(UnsignedError):
            one.check(sent, NOW)
    with pytest.raises(UnsignedError) as error:
        proof(name).check(request(name, headers={}), NOW)
    assert CASES[name][1] not in str(error.value)


@pytest.mark.parametrize("name", SIGNED)
def test_no_bit_of_the_body_may_change(name: str) -> None:
    for place in range(len(BODY)):
        for bit in (0, 5):
            changed = bytearray(BODY)
            changed[place] ^= 1 << bit
            with pytest.raises(UnsignedError):
                proof(name).check(request(name, bytes(changed)), NOW)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_what_is_too_old_or_too_early_is_not_believed(name: str, seconds: int) -> None:
    with pytest.raises(UnsignedError):
        proof(name).check(request(name), NOW + timedelta(seconds=seconds))
    proof(name).check(request(name), NOW + timedelta(seconds=299 if seconds > 0 else -299))


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    "time", ["", "now", "9" * 13, "9" * 15, "9" * 400, "-1", "٣", "1e9", "0x1", "2026-13-01T00:00:00Z"]
)
def test_an_odd_time_is_not_believed_and_breaks_nothing(name: str, time: str) -> None:
    headers = {
        key: time if "time" in key.lower() else value.replace(f"t={int(NOW.timestamp())}", f"t={time}")
        for key, value in CASES[name][2].items()
    }
    with pytest.raises(UnsignedError):
        proof(name).check(request(name, headers=headers), NOW)


@pytest.mark.parametrize("name", CASES)
@given(text=st.text(max_size=80))
def test_no_header_breaks_it(name: str, text: str) -> None:
    headers = {key: text.encode("latin-1", "replace").decode("latin-1") for key in CASES[name][2]}
    with pytest.raises(UnsignedError):
        proof(name).check(request(name, headers=headers), NOW)


@pytest.mark.parametrize("name", CASES)
def test_what_we_sign_to_try_it_out_is_what_we_believe(name: str) -> None:
    made = sign(proof(name), request(name, headers={"webhook-id": "msg_2"}), NOW)
    proof(name).check(request(name, headers={"webhook-id": "msg_2", **made}), NOW)


def test_a_key_of_the_standard_must_be_one() -> None:
    with pytest.raises(ReadError):
        proof_of({"scheme": "standard-webhooks"}, ["not base64!"])


@pytest.mark.parametrize("name", CASES)
def test_secrets_are_not_shown(name: str) -> None:
    assert CASES[name][1] not in repr(proof(name))
