"""Webhooks by file, through the socket: each vendor's own payload, signed as the vendor signs it."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from engine.service.daemon import Daemon
from engine.service.inbox import Inbox
from engine.service.sources import Sources, source_figures
from engine.store.database import Store
from engine.web.app import app_of
from engine.web.server import serving
from engine.web.webhooks import Webhooks
from tests.support import vendors
from tests.support.shops import START, Shop
from tests.support.vendors import SECRETS, payload

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "examples" / "sources").glob("*.yaml"))
#: Every event that a shipped source tells.
EVENTS = frozenset(
    found
    for path in SHIPPED
    for found in re.findall(r"event: ([A-Z][\w ]+)", path.read_text(encoding="utf-8"))
)
ADDRESS = "https://journeys.shop.example"


@dataclass
class Post:
    """Somebody who knocks at /in/…"""

    shop: Shop
    daemon: Daemon
    port: int

    def __call__(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST"
    ) -> tuple[int, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            read = answer.read()
            return answer.status, read.decode()

    def taken(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        assert self(path, body, headers) == (200, '{"success":true}')

    def history(self, contact: str = "ada@shop.example") -> list[tuple[str, dict[str, Any]]]:
        """Name and properties of the contact's events from outside, by when they happened."""
        with self.shop.store.page("look") as page:
            keys = page.contacts([contact], self.shop.clock.now())
            [case] = page.load(keys.values(), now=self.shop.clock.now(), events=EVENTS)
        events = [event for found in case.history.values() for event in found]
        return [(event.name, dict(event.properties)) for event in sorted(events, key=lambda one: one.at)]

    def apply(self, **files: str) -> None:
        """With other texts of sources; an empty one goes."""
        for name, text in files.items():
            path = f"journeys/sources/{name}.yaml"
            self.shop.files[path] = text.encode()
            if not text:
                del self.shop.files[path]
        self.shop.apply()
        self.daemon.reload()


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Iterator[Post]:
    """The workspace that `init` makes, with every shipped source, and a daemon whose clock the tests move."""
    shop = Shop(store, tmp_path)
    for path in sorted((ROOT / "journeys").rglob("*")):
        if path.is_file():
            shop.files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    for path in SHIPPED:
        shop.files[f"journeys/sources/{path.name}"] = path.read_bytes()
    shop.apply()
    daemon = shop.daemon()
    daemon.reload()
    inbox = Inbox(store, daemon.running, daemon.clock.now, daemon.wake)
    sources = Sources(store, lambda: daemon.running().serial, SECRETS)
    routes = Webhooks(inbox, sources, ADDRESS).routes()
    with serving(app_of(routes, lambda: True), "127.0.0.1", 0) as address:
        yield Post(shop, daemon, int(address.rpartition(":")[2]))
    shop.close()


class Answering:
    """A system on this machine that is asked; it keeps what it was asked for, and with which token."""

    def __init__(self, status: int, body: bytes) -> None:
        self.answer = (status, body)
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("X-Auth-Token", "")))
                status, body = outer.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Answering:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def contact(post: Post, id: str = "ada@shop.example") -> Any:
    found = post.shop.store.contact(id)
    assert found is not None, id
    return found


# --- shops -----------------------------------------------------------------------------------------


def test_an_order_of_shopify_runs_the_shipped_journeys(post: Post) -> None:
    body = payload("shopify-order")
    post.taken("/in/shopify", body, vendors.shopify(body, "orders/create"))
    [(name, properties)] = post.history()
    assert name == "Order Completed"
    assert properties == {
        "order_id": "820982911946154508",
        "order_number": "#9999",
        "cart_id": "b1946ac92492d2347c6235b4d2611184",
        "total": 197.8,
        "subtotal": 189.9,
        "shipping": 7.9,
        "tax": 14.15,
        "discount": 10,
        "coupon": "SPRING",
        "currency": "CHF",
        "products": [
            {
                "product_id": "632910392",
                "variant_id": "808950810",
                "sku": "KNIFE-1",
                "name": "Paring knife",
                "variant": "red",
                "brand": "Messer & Co",
                "price": 49.9,
                "quantity": 2,
            },
            {
                "product_id": "632910393",
                "variant_id": "808950811",
                "name": "Board",
                "brand": "Holz",
                "price": 90.1,
                "quantity": 1,
            },
        ],
    }
    ada = contact(post)
    assert (ada.email, ada.locale) == ("ada@shop.example", "de-CH")
    assert ada.attributes == {"first_name": "Ada", "last_name": "Lovelace", "country": "CH"}
    assert post.shop.stands_at("ada@shop.example") == ["after-confirmation", "two-months"]


def test_a_checkout_of_shopify_is_a_cart_and_the_order_ends_its_reminders(post: Post) -> None:
    begun, order = payload("shopify-checkout"), payload("shopify-order")
    for topic in ("checkouts/create", "checkouts/update"):
        post.taken("/in/shopify", begun, vendors.shopify(begun, topic))
    names = [name for name, _ in post.history()]
    assert names == ["Checkout Started", "Cart Updated"]  # the same state of the cart came twice
    assert post.history()[1][1]["items_count"] == 3
    assert post.shop.stands_at("ada@shop.example") == ["cool-off"]
    post.taken("/in/shopify", order, vendors.shopify(order, "orders/create"))
    left = [one.reason for one in post.shop.store.enrollments("ada@shop.example") if not one.is_running]
    assert left == ["goal"] or left == ["exit"]


def test_a_checkout_without_an_address_is_counted_and_kept_nowhere(post: Post) -> None:
    plain = json.loads(payload("shopify-checkout")) | {"email": None, "customer": None}
    body = json.dumps(plain).encode()
    post.taken("/in/shopify", body, vendors.shopify(body, "checkouts/update"))
    assert source_figures(post.shop.store)["shopify"] == {"checkouts/update": {"ignored": 1}}
    assert post.shop.store.rejected_count() == 0


def test_a_customer_of_shopify_who_agreed_is_welcomed(post: Post) -> None:
    body = payload("shopify-customer")
    post.taken("/in/shopify", body, vendors.shopify(body, "customers/create"))
    ben = contact(post, "ben@shop.example")
    assert ben.topics == {"newsletter": True}
    assert ben.consents == {}  # `not_subscribed` is neither a yes nor a no
    assert ben.attributes["tags"] == ["vip", "wholesale"]
    assert [m.message.step for m in post.shop.outbox("ben@shop.example")] == ["welcome"]


def test_woocommerce(post: Post) -> None:
    order, customer = payload("woocommerce-order"), payload("woocommerce-customer")
    post.taken("/in/woocommerce", b"webhook_id=12")  # unsigned, when the webhook is saved
    post.taken("/in/woocommerce", order, vendors.woocommerce(order, "order.created"))
    post.taken("/in/woocommerce", order, vendors.woocommerce(order, "order.updated"))
    post.taken("/in/woocommerce", customer, vendors.woocommerce(customer, "customer.created"))
    [(name, properties)] = post.history()
    assert (name, properties["order_id"], properties["total"]) == ("Order Completed", "727", 64)
    assert properties["products"] == [
        {"product_id": "93", "sku": "W-1", "name": "Woo Single #1", "price": 31, "quantity": 2}
    ]
    assert contact(post, "ben@shop.example").attributes == {
        "first_name": "Ben",
        "last_name": "Bernoulli",
        "country": "DE",
    }
    pending = json.dumps(json.loads(order) | {"id": 728, "status": "pending"}).encode()
    post.taken("/in/woocommerce", pending, vendors.woocommerce(pending, "order.created"))
    assert len(post.history()) == 1


def test_magento(post: Post) -> None:
    order, customer = payload("magento-order"), payload("magento-customer")
    post.taken("/in/magento/sales.order.created", order, vendors.magento(order))
    post.taken("/in/magento/customer.created", customer, vendors.magento(customer))
    [(name, properties)] = post.history()
    assert (name, properties["order_id"], properties["currency"]) == ("Order Completed", "000000042", "CHF")
    assert [item["sku"] for item in properties["products"]] == ["WS12-M-Orange"]
    ben = contact(post, "ben@shop.example")
    assert (ben.topics, ben.attributes["country"]) == ({"newsletter": True}, "AT")


def bigcommerce(post: Post, store: Answering) -> tuple[bytes, dict[str, str]]:
    """The shipped file, asking a store on this machine; a webhook as it is sent there."""
    text = next(path for path in SHIPPED if path.stem == "bigcommerce").read_text(encoding="utf-8")
    post.apply(bigcommerce=text.replace("https://api.bigcommerce.com", store.url))
    body, key = payload("bigcommerce-order"), SECRETS["BIGCOMMERCE_CLIENT_SECRET"].encode()
    return body, vendors.standard(key, body, "msg_1", START)


def test_bigcommerce_names_a_number_and_the_store_is_asked(post: Post) -> None:
    with Answering(200, payload("bigcommerce-order-answer")) as store:
        body, headers = bigcommerce(post, store)
        post.taken("/in/bigcommerce", body, headers)
        post.taken("/in/bigcommerce", body, headers)
    assert store.asked[0] == (
        "/stores/abc123/v2/orders/250?include=consignments.line_items",
        SECRETS["BIGCOMMERCE_TOKEN"],
    )
    [(name, properties)] = post.history()
    assert (name, properties["order_id"], properties["total"]) == ("Order Completed", "250", 97.9)
    assert properties["products"] == [
        {"product_id": "111", "sku": "B-1", "name": "Board", "price": 45, "quantity": 2}
    ]
    assert contact(post).attributes["country"] == "CH"


@pytest.mark.parametrize("status", [401, 429, 500])
def test_without_an_answer_the_webhook_is_to_be_sent_again(post: Post, status: int) -> None:
    with Answering(status, b"{}") as store:
        body, headers = bigcommerce(post, store)
        code, text = post("/in/bigcommerce", body, headers)
        assert (code, SECRETS["BIGCOMMERCE_TOKEN"] in text) == (503, False)
        store.answer = (200, payload("bigcommerce-order-answer"))
        post.taken("/in/bigcommerce", body, headers)
    assert [name for name, _ in post.history()] == ["Order Completed"]


def test_an_order_that_the_store_does_not_know_is_ignored(post: Post) -> None:
    with Answering(404, b"") as store:
        body, headers = bigcommerce(post, store)
        post.taken("/in/bigcommerce", body, headers)
    assert source_figures(post.shop.store)["bigcommerce"] == {"store/order/statusUpdated": {"ignored": 1}}


def test_nobody_is_asked_for_what_is_not_signed_nor_inside_the_own_network(post: Post) -> None:
    with Answering(200, payload("bigcommerce-order-answer")) as store:
        body, headers = bigcommerce(post, store)
        assert post("/in/bigcommerce", body, headers | {"webhook-id": "other"})[0] == 401
        assert store.asked == []
        name = store.url.replace("127.0.0.1", "localtest.me")
        text = next(path for path in SHIPPED if path.stem == "bigcommerce").read_text(encoding="utf-8")
        post.shop.files["journeys/sources/bigcommerce.yaml"] = text.replace(
            "https://api.bigcommerce.com", name
        ).encode()
        assert [fault.rule for fault in post.shop.apply().source_faults][:1] == ["J159"]


# --- payments, desks, forms, CRM -------------------------------------------------------------------


def test_stripe_and_currencies_without_cents(post: Post) -> None:
    waits, known, yen = (payload(f"stripe-{name}") for name in ("subscription", "checkout", "invoice-yen"))
    now = post.shop.clock.now()
    post.taken("/in/stripe", waits, vendors.stripe(waits, now))
    assert post.shop.store.contact("ada@shop.example") is None
    post.taken("/in/stripe", known, vendors.stripe(known, now))
    post.taken("/in/stripe", yen, vendors.stripe(yen, now))
    assert [name for name, _ in post.history()] == ["Order Completed", "Subscription Started"]
    assert post.history()[0][1]["total"] == 197.8
    assert post.history()[0][1]["currency"] == "CHF"
    [(_, paid)] = post.history("kana@shop.example")
    assert (paid["total"], paid["currency"]) == (5000, "JPY")


def test_an_open_ticket_of_zendesk_is_an_attribute_until_it_is_solved(post: Post) -> None:
    opened, solved = payload("zendesk-trigger"), payload("zendesk-solved")
    post.taken("/in/zendesk", opened, vendors.zendesk(opened, START))
    assert contact(post).attributes == {"open_ticket": True}
    post.taken("/in/zendesk", solved, vendors.zendesk(solved, START))
    assert contact(post).attributes == {"open_ticket": False}
    assert [name for name, _ in post.history()] == ["Ticket Opened", "Ticket Solved"]


def test_answers_of_a_form_become_attributes_and_nothing_that_is_built_in(post: Post) -> None:
    body = payload("typeform-response")
    post.taken("/in/typeform", body, vendors.typeform(body))
    ada = contact(post)
    assert ada.attributes == {
        "first_name": "Ada",
        "household": 3,
        "wants_to_stay": False,
        "favourite": "Knives",
        "interests": ["Bread", "Soup"],
        "birthday": "1990-05-21",
    }
    assert ada.consents == {}
    [(name, properties)] = post.history()
    assert (name, properties["score"]) == ("Form Submitted", 9)


def test_hubspot_names_people_by_number_until_their_address_is_told(post: Post) -> None:
    body, url = payload("hubspot-contact"), f"{ADDRESS}/in/hubspot"
    post.taken("/in/hubspot", body, vendors.hubspot(body, url, START))
    assert contact(post).attributes["first_name"] == "Ada"
    assert source_figures(post.shop.store)["hubspot"] == {
        "contact.creation": {"ignored": 1},
        "contact.propertyChange": {"taken": 2},
    }


def test_a_deal_of_hubspot_belongs_to_whom_it_is_associated_with(post: Post) -> None:
    people, deals, url = payload("hubspot-contact"), payload("hubspot-deal"), f"{ADDRESS}/in/hubspot"
    post.taken("/in/hubspot", people, vendors.hubspot(people, url, START))
    post.taken("/in/hubspot", deals, vendors.hubspot(deals, url, START))
    assert post.history() == [("Deal Stage Changed", {"deal_id": "4500", "stage": "qualifiedtobuy"})]
    assert contact(post).attributes["deal_stage"] == "qualifiedtobuy"


def test_insightly_by_user_and_password(post: Post) -> None:
    person, deal = payload("insightly-contact"), payload("insightly-opportunity")
    post.taken("/in/insightly/contact", person, vendors.insightly())
    post.taken("/in/insightly/opportunity", deal, vendors.insightly())
    ada = contact(post)
    assert (ada.phone, ada.attributes["country"]) == ("+41791112233", "Switzerland")
    assert ada.consents == {"email": False}
    [(name, properties)] = post.history()
    assert (name, properties["state"], properties["value"]) == ("Deal Stage Changed", "OPEN", 1500)
    assert post("/in/insightly/contact", person, {"Authorization": "Basic aW5zaWdodGx5Ong="})[0] == 401


# --- who is believed -------------------------------------------------------------------------------


def test_a_wrong_signature_a_changed_body_and_none_at_all_are_refused(post: Post) -> None:
    body = payload("shopify-order")
    signed = vendors.shopify(body, "orders/create")
    wrong = vendors.shopify(body, "orders/create", "another secret")
    for headers, sent in ((wrong, body), (signed, body.replace(b"197.80", b"1.00")), ({}, body)):
        status, text = post("/in/shopify", sent, headers)
        assert status == 401
        assert json.loads(text)["code"] == "unauthorized"
        assert SECRETS["SHOPIFY_WEBHOOK_SECRET"] not in text
    for place in range(0, len(signed["X-Shopify-Hmac-Sha256"]), 7):  # one letter after the other
        text = signed["X-Shopify-Hmac-Sha256"]
        flipped = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert post("/in/shopify", body, signed | {"X-Shopify-Hmac-Sha256": flipped})[0] == 401
    assert post.shop.store.contact("ada@shop.example") is None


@pytest.mark.parametrize("minutes", [-6, 6, 60])
def test_what_is_older_than_five_minutes_or_from_the_future_is_refused(post: Post, minutes: int) -> None:
    body, at = payload("stripe-checkout"), START + timedelta(minutes=minutes)
    ticket, url = payload("zendesk-trigger"), f"{ADDRESS}/in/hubspot"
    deals = payload("hubspot-contact")
    assert post("/in/stripe", body, vendors.stripe(body, at))[0] == 401
    assert post("/in/zendesk", ticket, vendors.zendesk(ticket, at))[0] == 401
    assert post("/in/hubspot", deals, vendors.hubspot(deals, url, at))[0] == 401
    almost = START + timedelta(minutes=-5 if minutes < 0 else 5)
    post.taken("/in/stripe", body, vendors.stripe(body, almost))


def test_a_time_that_is_not_signed_along_does_not_make_an_old_request_new(post: Post) -> None:
    body = payload("stripe-checkout")
    old = vendors.stripe(body, START - timedelta(hours=1))["Stripe-Signature"]
    fresh = f"t={int(START.timestamp())}," + old.partition(",")[2]
    assert post("/in/stripe", body, {"Stripe-Signature": fresh})[0] == 401


def test_the_address_is_signed_as_the_vendor_sees_it(post: Post) -> None:
    body = payload("hubspot-contact")
    elsewhere = vendors.hubspot(body, f"{ADDRESS}/in/another", START)
    assert post("/in/hubspot", body, elsewhere)[0] == 401


def test_a_hundred_replays_are_stored_once(post: Post) -> None:
    body = payload("shopify-order")
    for number in range(100):
        headers = vendors.shopify(body, "orders/create") | {"X-Shopify-Webhook-Id": str(number)}
        post.taken("/in/shopify", body, headers)
    assert [name for name, _ in post.history()] == ["Order Completed"]
    assert len(post.shop.outbox()) == 0
    assert post.shop.stands_at("ada@shop.example") == ["after-confirmation", "two-months"]


CUSTOM = """\
signature: {{ {signature} }}
select: type
contact: {{ id: user }}
take:
  - {{ when: paid, event: Order Completed, properties: {{ order_id: order }} }}
"""


def test_two_secrets_while_one_replaces_the_other(post: Post) -> None:
    shopify = next(path for path in SHIPPED if path.stem == "shopify").read_text()
    both = shopify.replace(
        'secret: "${SHOPIFY_WEBHOOK_SECRET}"', 'secret: ["${NOT_SET_YET}", "${SHOPIFY_WEBHOOK_SECRET}"]'
    )
    assert both != shopify
    post.apply(shopify=both)
    body = payload("shopify-order")
    post.taken("/in/shopify", body, vendors.shopify(body, "orders/create"))


def test_a_source_without_its_secret_takes_nothing_and_says_so(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.apply(mine=CUSTOM.format(signature='scheme: token, secret: "${MINE}"'))
    status, text = post("/in/mine", b"{}", {"Authorization": "Bearer "})
    assert status == 503
    assert "MINE" not in text
    assert "source mine takes nothing: MINE is not set" in caplog.text


def test_a_token_a_described_signature_and_standard_webhooks(post: Post) -> None:
    body = json.dumps({"type": "paid", "user": "u1", "order": "o1"}).encode()
    secret = SECRETS["SHOPIFY_WEBHOOK_SECRET"]
    post.apply(
        token=CUSTOM.format(signature='scheme: token, secret: "${SHOPIFY_WEBHOOK_SECRET}"'),
        header=CUSTOM.format(signature='scheme: token, header: X-Key, secret: "${SHOPIFY_WEBHOOK_SECRET}"'),
        mine=CUSTOM.format(
            signature='scheme: hmac, header: X-Sign, encoding: hex, prefix: "v0=", timestamp: X-Time,'
            ' signs: "v0:{timestamp}:{body}", secret: "${SHOPIFY_WEBHOOK_SECRET}"'
        ),
        app=CUSTOM.format(signature='scheme: bigcommerce, secret: "${BIGCOMMERCE_CLIENT_SECRET}"'),
    )
    post.taken("/in/token", body, {"Authorization": f"Bearer {secret}"})
    post.taken("/in/header", body, {"X-Key": secret})
    assert post("/in/header", body, {"X-Key": secret[:-1]})[0] == 401
    assert post("/in/token", body, {"Authorization": secret})[0] == 401
    time = str(int(START.timestamp()))
    signed = vendors._hmac(secret, f"v0:{time}:".encode() + body).hex()
    post.taken("/in/mine", body, {"X-Sign": f"v0={signed.upper()}", "X-Time": time})
    assert post("/in/mine", body, {"X-Sign": signed, "X-Time": time})[0] == 401
    key = SECRETS["BIGCOMMERCE_CLIENT_SECRET"].encode()
    post.taken("/in/app", body, vendors.standard(key, body, "msg_1", START))
    other = vendors.standard(key, body, "msg_1", START) | {"webhook-id": "msg_2"}
    assert post("/in/app", body, other)[0] == 401
    assert [name for name, _ in post.history("u1")] == ["Order Completed"] * 4  # four sources, four senders


# --- what is odd -----------------------------------------------------------------------------------


def test_what_cannot_be_read_is_kept_with_its_reason_and_spoils_nothing_else(post: Post) -> None:
    good, url = json.loads(payload("hubspot-contact")), f"{ADDRESS}/in/hubspot"
    bad = good[1] | {"occurredAt": "yesterday", "eventId": 1}
    body = json.dumps([bad, *good]).encode()
    post.taken("/in/hubspot", body, vendors.hubspot(body, url, START))
    post.taken("/in/shopify", b"no json", vendors.shopify(b"no json", "orders/create"))
    assert contact(post).attributes["first_name"] == "Ada"
    reasons = [(one.source, one.reason) for one in post.shop.store.rejected_items(5)]
    assert reasons[1] == (
        "sources/hubspot",
        "`yesterday` is no point in time. Read here are ISO 8601, and seconds or milliseconds since 1970.",
    )
    assert reasons[0][0] == "sources/shopify"
    assert reasons[0][1].startswith("the body is no JSON: ")
    assert source_figures(post.shop.store)["hubspot"][""] == {"rejected": 1}


def test_what_no_rule_wants_is_answered_and_counted(post: Post) -> None:
    body = b'{"id": 1}'
    for _ in range(3):
        post.taken("/in/shopify", body, vendors.shopify(body, "products/update"))
    assert source_figures(post.shop.store)["shopify"] == {"products/update": {"ignored": 3}}


def test_nobody_named_is_rejected_unless_the_file_says_otherwise(post: Post) -> None:
    body = json.dumps({"id": "evt", "type": "invoice.paid", "data": {"object": {"id": "in"}}}).encode()
    post.taken("/in/stripe", body, vendors.stripe(body, START))
    [item] = post.shop.store.rejected_items(5)
    assert item.reason.startswith("the payload names nobody.")


def test_unknown_sources_large_bodies_other_methods_and_packed_ones(post: Post) -> None:
    assert post("/in/nobody", b"{}")[0] == 404
    assert post("/in/shopify", b"x" * 600_000)[0] == 413
    assert post("/in/shopify", b"", method="GET")[0] == 405
    assert post("/in/shopify", b"x", {"Content-Encoding": "gzip"})[0] == 400


def test_a_challenge_is_given_back_as_plain_text_and_nothing_else(post: Post) -> None:
    text = CUSTOM.format(signature='scheme: token, secret: "${SHOPIFY_WEBHOOK_SECRET}"')
    post.apply(adobe=text + "challenge: challenge\nanswer: { op: success }\n")
    assert post("/in/adobe?challenge=8ec8d794-e0ab-42df", b"", method="GET") == (200, "8ec8d794-e0ab-42df")
    assert post("/in/adobe?challenge=<script>", b"", method="GET")[0] == 405
    assert post("/in/adobe", b"", method="GET")[0] == 405
    token = {"Authorization": f"Bearer {SECRETS['SHOPIFY_WEBHOOK_SECRET']}"}
    assert post("/in/adobe", b"{}", token) == (200, '{"op":"success"}')


# --- consent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "topics"), [(20, {"*": False}), (40, {"*": False, "newsletter": True})])
def test_a_yes_from_a_shop_does_not_override_a_later_no(
    post: Post, minutes: int, topics: dict[str, bool]
) -> None:
    """In the shop it was said 31 minutes ago, to us the no so many minutes ago."""
    body, clock = payload("shopify-customer"), post.shop.clock
    clock.go(minutes=-minutes)
    post.shop.known("ben@shop.example", email="ben@shop.example", topics={"*": False})
    clock.go(minutes=minutes)
    post.taken("/in/shopify", body, vendors.shopify(body, "customers/update"))
    assert contact(post, "ben@shop.example").topics == topics
    said = [(one.said.topic, one.said.state, one.said.source) for one in shop_record(post)]
    assert said == [("*", "no", "identify"), ("newsletter", "yes", "sources/shopify")][: len(topics)]


def shop_record(post: Post) -> list[Any]:
    return list(post.shop.store.consents("ben@shop.example"))


def test_a_yes_without_a_time_counts_only_where_nobody_said_no(post: Post) -> None:
    plain = json.loads(payload("magento-customer"))
    body = json.dumps({key: value for key, value in plain.items() if not key.endswith("_at")}).encode()
    post.shop.clock.go(days=-1)
    post.shop.known("ben@shop.example", email="ben@shop.example", topics={"newsletter": False})
    post.shop.clock.go(days=1)
    post.taken("/in/magento/customer.updated", body, vendors.magento(body))
    assert contact(post, "ben@shop.example").topics == {"newsletter": False}


def test_a_no_from_a_shop_counts_at_once(post: Post) -> None:
    plain = json.loads(payload("shopify-customer"))
    plain["email_marketing_consent"]["state"] = "unsubscribed"
    body = json.dumps(plain).encode()
    post.shop.known("ben@shop.example", email="ben@shop.example", topics={"newsletter": True})
    post.taken("/in/shopify", body, vendors.shopify(body, "customers/update"))
    assert contact(post, "ben@shop.example").topics == {"newsletter": False}


# --- what runs -------------------------------------------------------------------------------------


def test_of_a_faulty_file_the_last_good_form_goes_on_and_a_file_that_is_gone_is_closed(post: Post) -> None:
    body = payload("shopify-order")
    shop = post.shop
    shop.files["journeys/sources/shopify.yaml"] = b"signature: { scheme: shopify }\n"
    report = shop.apply()
    assert not report.is_clean
    assert [fault.rule for fault in report.source_faults] == ["J102", "J102"]
    post.daemon.reload()
    post.taken("/in/shopify", body, vendors.shopify(body, "orders/create"))
    post.apply(shopify="")
    assert post("/in/shopify", body, vendors.shopify(body, "orders/create"))[0] == 404


def test_secrets_never_reach_the_database(post: Post) -> None:
    stored = json.dumps(post.shop.store.setting("sources"))
    assert "${SHOPIFY_WEBHOOK_SECRET}" in stored
    assert not any(secret in stored for secret in SECRETS.values())
    sources = Sources(post.shop.store, lambda: 1, SECRETS)
    opened = sources.find("shopify")
    assert opened is not None
    assert SECRETS["SHOPIFY_WEBHOOK_SECRET"] not in repr(opened) + repr(sources)


def test_every_shipped_source_is_tested_here_and_has_its_secret() -> None:
    assert {path.stem for path in SHIPPED} == {
        *("bigcommerce", "hubspot", "insightly", "magento", "shopify", "stripe", "typeform", "woocommerce"),
        "zendesk",
    }


# --- journeys --------------------------------------------------------------------------------------

QUIET = """\
dsl: 1
journey: offers
status: live
owner: o@shop.example
trigger: { event: Product Viewed }
defaults: { topic: cart }
steps:
  - id: no-open-ticket
    wait_for: { condition: { not: { contact.open_ticket: true } } }
    up_to: 7 days
  - id: offer
    send: email
    subject: Hi
    body: Hi.
    when: { not: { contact.open_ticket: true } }
"""


def test_a_journey_keeps_quiet_while_a_ticket_is_open(post: Post) -> None:
    """As docs/sources/zendesk.md says."""
    catalog = post.shop.files["journeys/catalog.yaml"].decode()
    catalog = catalog.replace("contact:\n", "contact:\n  open_ticket: boolean\n", 1)
    post.shop.files["journeys/catalog.yaml"] = catalog.replace(
        "events:\n", "events:\n  Product Viewed: { product_id: text }\n", 1
    ).encode()
    post.shop.files["journeys/offers.yaml"] = QUIET.encode()
    post.apply()
    opened, solved = payload("zendesk-trigger"), payload("zendesk-solved")
    post.taken("/in/zendesk", opened, vendors.zendesk(opened, START))
    post.shop.does("Product Viewed", "ada@shop.example", product_id="p1")
    post.daemon.until_idle()
    assert post.shop.outbox() == []
    later = post.shop.clock.go(hours=2)
    post.taken("/in/zendesk", solved, vendors.zendesk(solved, later))
    assert [m.message.step for m in post.shop.outbox()] == ["offer"]


def test_odd_payloads_are_answered_and_break_nothing(post: Post) -> None:
    deep, wide = b"[" * 900 + b"]" * 900, json.dumps([{"subscriptionType": "x"}] * 1_001).encode()
    nul = json.dumps({"type": "a\0b", "data": {}}).encode()
    url = f"{ADDRESS}/in/hubspot"
    for body in (deep, wide, b"", b"null", b"[]", b'"text"', b"[null, 1, []]", b"{}" * 2, b"\xff\xfe"):
        post.taken("/in/hubspot", body, vendors.hubspot(body, url, START))
    post.taken("/in/stripe", nul, vendors.stripe(nul, START))
    post.taken("/in/shopify", b"\0" * 9, vendors.shopify(b"\0" * 9, "orders/create"))
    reasons = [one.reason for one in post.shop.store.rejected_items(20)]
    assert any("1,001 payloads" in reason for reason in reasons)
    assert source_figures(post.shop.store)["stripe"] == {"ab": {"ignored": 1}}


def test_a_time_to_come_is_no_time_for_a_yes(post: Post) -> None:
    plain = json.loads(payload("shopify-customer"))
    plain["email_marketing_consent"]["consent_updated_at"] = "2099-01-01T00:00:00Z"
    body = json.dumps(plain).encode()
    post.shop.known("ben@shop.example", email="ben@shop.example", topics={"newsletter": False})
    post.taken("/in/shopify", body, vendors.shopify(body, "customers/update"))
    assert contact(post, "ben@shop.example").topics == {"newsletter": False}
