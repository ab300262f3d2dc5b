"""`tracking`: from the link in a real mail over a socket to the journey that waits for the click."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.service.daemon import Daemon
from engine.service.links import links_of
from engine.service.settings import Settings
from engine.store.database import Store
from engine.web.daemon import app_for
from engine.web.server import serving
from tests.support.shops import CATALOG, Shop, journey

BASE = "https://mail.shop.example"
BROWSER = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"}
LETTER = """\
Hello. [Shop](https://shop.example/?a=1&b=2), [yours]({{ trigger.url }}), [mail](mailto:hello@shop.example),
[leave]({{ links.unsubscribe }}), [page](https://mail.shop.example/products/all).
"""
WELCOME = journey(
    "welcome",
    f"""\
trigger: {{ event: A }}
re_entry: always
tracking: [opens, clicks]
defaults: {{ topic: news }}
steps:
  - id: letter
    send: email
    subject: Welcome
    body: |
{"".join(f"      {line}" for line in LETTER.splitlines(keepends=True))}
  - id: answer
    wait_for: Message Clicked
    up_to: 3 days
  - id: eager
    when: {{ clicked: letter }}
    update: {{ contact.nick: eager }}
  - id: pause
    wait: 30 days
""",
)


class Links(HTMLParser):
    """All links and pictures, as another reader of HTML finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.pictures: list[str] = []
        self._href = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self._href = given.get("href") or ""
        if tag == "img":
            self.pictures.append(given.get("src") or "")

    def handle_data(self, data: str) -> None:
        if self._href:
            self.links[data.strip()] = self._href
            self._href = ""


class Mail:
    """A shop whose mail leads to a server on this machine."""

    def __init__(self, shop: Shop, daemon: Daemon, port: int) -> None:
        self.shop, self.daemon, self.port = shop, daemon, port

    def letter(self, contact: str = "ada") -> EmailMessage:
        files = sorted((self.shop.folder / "captured").glob("*.eml"))
        found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return next(one for one in reversed(found) if contact in str(one["To"]))

    def links(self, contact: str = "ada") -> Links:
        page = self.letter(contact).get_body(("html",))
        assert page is not None
        return Links(page.get_content())

    def ask(
        self, address: str, headers: Mapping[str, str] = BROWSER, method: str = "GET"
    ) -> tuple[int, Mapping[str, str], bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, urlsplit(address).path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def told(self, contact: str = "ada") -> list[tuple[str, str | None]]:
        """What the contact's history holds of the mail, with the link."""
        keys = self.shop.store.keys([contact]).values()
        with self.shop.store.snapshot() as page:
            (case,) = page.load(keys, now=self.shop.clock.now(), events=BY_MAIL)
        events = sorted((one for of in case.history.values() for one in of), key=lambda one: one.at)
        return [(one.name.removeprefix("Message "), one.properties.get("link")) for one in events]


BY_MAIL = ("Message Opened", "Message Clicked", "Message Scanned")


PLAIN = journey(
    "plain",
    """\
trigger: { event: B }
re_entry: always
steps:
  - { id: letter, send: email, topic: news, subject: Plain, body: "[Shop](https://shop.example/)" }
""",
)


@pytest.fixture
def mail(store: Store, tmp_path: Path) -> Iterator[Mail]:
    shop = Shop(store, tmp_path)
    daemon = shop.daemon()
    daemon.links = links_of(store, BASE)
    catalog = CATALOG.replace("A: { n: number", "A: { url: text, n: number")
    report = shop.apply(catalog=catalog, welcome=WELCOME, plain=PLAIN)
    assert report.is_clean, report
    shop.known("ada", "bob")
    shop.take(shop.event("A", "ada", url="https://shop.example/yours?x=<1>&y=ä"))
    daemon.until_idle()
    shop.clock.go(minutes=1)
    with serving(app_for(store, daemon, Settings(tmp_path)), "127.0.0.1", 0) as address:
        yield Mail(shop, daemon, int(address.rpartition(":")[2]))
    shop.close()


def test_links_of_the_shop_lead_over_us_and_all_others_stay(mail: Mail) -> None:
    found = mail.links()
    assert {name for name, link in found.links.items() if link.startswith(f"{BASE}/c/")} == {
        "Shop",
        "yours",
        "page",
    }
    assert found.links["mail"] == "mailto:hello@shop.example"
    assert found.links["leave"].startswith(f"{BASE}/u/")
    (dot,) = found.pictures
    assert dot.startswith(f"{BASE}/o/")
    text = mail.letter().get_body(("plain",))
    assert text is not None
    assert "https://shop.example/?a=1&b=2" in text.get_content(), "the text stays as it was written"
    assert "/c/" not in text.get_content()


def test_a_journey_that_does_not_ask_is_not_followed(mail: Mail) -> None:
    mail.shop.does("B", "bob")
    mail.daemon.until_idle()
    found = mail.links("bob")
    assert "https://shop.example/" in found.links.values()
    assert found.pictures == []


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Shop", "https://shop.example/?a=1&b=2"),
        ("yours", "https://shop.example/yours?x=%3C1%3E&y=%C3%A4"),
        ("page", f"{BASE}/products/all"),
    ],
)
def test_a_click_leads_where_the_mail_did_and_is_heard(mail: Mail, name: str, address: str) -> None:
    status, headers, _ = mail.ask(mail.links().links[name])
    assert (status, headers["location"]) == (302, address)
    assert headers["cache-control"] == "no-store"
    assert [what for what, _ in mail.told()] == ["Clicked"]
    mail.daemon.until_idle()
    assert mail.shop.stands_at("ada") == ["pause"]
    contact = mail.shop.store.contact("ada")
    assert contact is not None
    assert contact.attributes["nick"] == "eager", "`clicked` holds"


def test_each_link_is_clicked_once_and_a_mail_opened_once(mail: Mail) -> None:
    found = mail.links()
    for _ in range(3):
        for address in (found.links["Shop"], found.links["page"], found.pictures[0]):
            mail.ask(address)
    assert sorted(mail.told(), key=str) == [
        ("Clicked", f"{BASE}/products/all"),
        ("Clicked", "https://shop.example/?a=1&b=2"),
        ("Opened", None),
    ]


def test_the_dot_is_a_picture_and_is_never_kept(mail: Mail) -> None:
    status, headers, body = mail.ask(mail.links().pictures[0])
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "image/gif", "no-store")
    assert body[:6] == b"GIF89a"
    assert mail.told() == [("Opened", None)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "Mozilla/5.0"},
        {"User-Agent": "BarracudaCentral/1.0"},
        {"User-Agent": "python-requests/2.32"},
        {**BROWSER, "Sec-Purpose": "prefetch"},
    ],
)
def test_a_machine_gets_the_page_and_moves_nobody(mail: Mail, headers: Mapping[str, str]) -> None:
    status, answered, _ = mail.ask(mail.links().links["Shop"], headers)
    assert (status, answered["location"]) == (302, "https://shop.example/?a=1&b=2")
    assert [what for what, _ in mail.told()] == ["Scanned"]
    mail.daemon.until_idle()
    assert mail.shop.stands_at("ada") == ["answer"], "it still waits for a person"
    mail.ask(mail.links().links["Shop"])
    mail.daemon.until_idle()
    assert mail.shop.stands_at("ada") == ["pause"]


def test_what_comes_at_once_is_no_person(mail: Mail) -> None:
    mail.shop.clock.at -= timedelta(seconds=59)
    mail.ask(mail.links().links["Shop"])
    assert [what for what, _ in mail.told()] == ["Scanned"]


def test_looking_without_the_body_is_no_click(mail: Mail) -> None:
    status, headers, _ = mail.ask(mail.links().links["Shop"], method="HEAD")
    assert (status, headers["location"]) == (302, "https://shop.example/?a=1&b=2")
    assert mail.told() == []


def test_no_link_can_be_bent(mail: Mail) -> None:
    """A character changed, another number, another message, the token of the dot: nowhere, and not heard."""
    found = mail.links()
    token = found.links["Shop"].rpartition("/")[2]
    bent = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    message, _, signature = token.split(".")
    bent += [f"{message}.1.{signature}", f"{int(message) + 1}.0.{signature}", "..", "x", "1.0.", token * 50]
    bent += [found.pictures[0].rpartition("/")[2].removesuffix(".gif")]
    for one in bent:
        status, headers, _ = mail.ask(f"{BASE}/c/{one}")
        assert status == 404, one
        assert "location" not in headers
    status, _, body = mail.ask(f"{BASE}/o/{token}.gif")
    assert (status, body[:3]) == (200, b"GIF"), "a picture comes in any case"
    assert mail.told() == []


def test_what_was_erased_leads_nowhere(mail: Mail) -> None:
    address = mail.links().links["Shop"]
    message = mail.shop.message("ada").message.id or 0
    assert mail.ask(address)[0] == 302
    before = mail.told()
    assert mail.ask(address.replace(f"/c/{message}.", f"/c/{message + 40}."))[0] == 404
    assert mail.told() == before
