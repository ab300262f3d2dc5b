"""Vendors of webhooks as their documentation tells them: how each signs, and payloads as each sends them.

Nothing here knows the engine: it is what the tests hold the engine against.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

PAYLOADS = Path(__file__).parents[1] / "data" / "sources"

SECRETS = {
    "SHOPIFY_WEBHOOK_SECRET": "shpss_0123456789abcdef",
    "WOOCOMMERCE_WEBHOOK_SECRET": "woo 0123456789!",
    "BIGCOMMERCE_CLIENT_SECRET": "bigcommerce-client-secret",
    "BIGCOMMERCE_STORE": "abc123",
    "BIGCOMMERCE_TOKEN": "token of the store",
    "MAGENTO_WEBHOOK_SECRET": "verification-token",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789abcdef",
    "ZENDESK_WEBHOOK_SECRET": "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
    "TYPEFORM_WEBHOOK_SECRET": "a secret of mine",
    "HUBSPOT_CLIENT_SECRET": "hubspot-client-secret",
    "INSIGHTLY_PASSWORD": "a long password",
}


#: Older than any request may be.
START = datetime.now(UTC) - timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def _hmac(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, sha256).digest()


def shopify(body: bytes, topic: str, secret: str = SECRETS["SHOPIFY_WEBHOOK_SECRET"]) -> dict[str, str]:
    """https://shopify.dev/docs/apps/build/webhooks/subscribe/https"""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": b64encode(_hmac(secret, body)).decode(),
        "X-Shopify-Shop-Domain": "example.myshopify.com",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    }


def woocommerce(body: bytes, topic: str) -> dict[str, str]:
    """https://woocommerce.com/document/webhooks/"""
    signature = b64encode(_hmac(SECRETS["WOOCOMMERCE_WEBHOOK_SECRET"], body)).decode()
    return {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": signature, "X-WC-Webhook-Delivery-ID": "1"}


def magento(body: bytes) -> dict[str, str]:
    """https://github.com/mage-os/mageos-async-events, HttpNotifier"""
    return {"x-magento-signature": _hmac(SECRETS["MAGENTO_WEBHOOK_SECRET"], body).hex()}


def stripe(body: bytes, at: datetime, secret: str = SECRETS["STRIPE_WEBHOOK_SECRET"]) -> dict[str, str]:
    """https://docs.stripe.com/webhooks#verify-manually"""
    time = str(int(at.timestamp()))
    signature = _hmac(secret, time.encode() + b"." + body).hex()
    return {"Stripe-Signature": f"t={time},v1={signature},v0=6ffbb59b2300aae63f272406069a9788598b792a"}


def zendesk(body: bytes, at: datetime) -> dict[str, str]:
    """https://developer.zendesk.com/documentation/webhooks/verifying/"""
    time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = b64encode(_hmac(SECRETS["ZENDESK_WEBHOOK_SECRET"], time.encode() + body)).decode()
    return {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": time}


def typeform(body: bytes) -> dict[str, str]:
    """https://www.typeform.com/developers/webhooks/secure-your-webhooks/"""
    signature = b64encode(_hmac(SECRETS["TYPEFORM_WEBHOOK_SECRET"], body)).decode()
    return {"Typeform-Signature": f"sha256={signature}"}


def hubspot(body: bytes, url: str, at: datetime) -> dict[str, str]:
    """https://developers.hubspot.com/docs/api/webhooks/validating-requests, version 3"""
    time = str(int(at.timestamp() * 1000))
    content = b"POST" + url.encode() + body + time.encode()
    signature = b64encode(_hmac(SECRETS["HUBSPOT_CLIENT_SECRET"], content)).decode()
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": time}


def standard(key: bytes, body: bytes, id: str, at: datetime) -> dict[str, str]:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    time = str(int(at.timestamp()))
    digest = hmac.new(key, f"{id}.{time}.".encode() + body, sha256).digest()
    signature = f"v1,AAAA v1,{b64encode(digest).decode()}"
    return {"webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature}


def insightly() -> dict[str, str]:
    """https://support.insightly.com: workflow automation, webhooks"""
    pair = f"insightly:{SECRETS['INSIGHTLY_PASSWORD']}"
    return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
