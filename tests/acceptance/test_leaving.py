"""Unsubscribing by the link in the mail, on a running daemon: at once, and never by looking."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event as Flag

import pytest

from tests.acceptance.test_daemon_processes import CATALOG, Shop, until
from tests.acceptance.test_ingestion import Door, key_of, listening, track
from tests.support.scripted_smtp import Peer, ScriptedServer, behave

CONFIG = "http: { port: 0, public_url: https://mail.shop.example }\n"
WELCOME = """\
dsl: 1
journey: welcome
status: live
owner: lifecycle@shop.example
trigger: { event: Signed Up }
re_entry: always
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Welcome, body: "Hello. [Leave]({{ links.unsubscribe }})" }
  - { id: receipt, send: email, transactional: true, subject: Receipt, body: Thank you. }
"""


class Reader:
    """What a person, a mail program or a scanner does with the link."""

    def __init__(self, door: Door, key: str) -> None:
        self.door = door
        self.key = {"X-Write-Key": key}

    def ask(
        self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str, Mapping[str, str]]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=30)) as connection:
            connection.request(method, path, body.encode(), dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())

    def topics(self, contact: str) -> dict[str, bool]:
        (text,) = self.door.rows(f"SELECT topics FROM contact WHERE id = '{contact}'")[0]
        return dict(json.loads(text or "{}"))

    def sign_up(self, contact: str) -> EmailMessage:
        """Sign up, and read the letter."""
        told = {"type": "identify", "userId": contact, "traits": {"email": f"{contact}@customers.example"}}
        number = len(self.door.history())
        batch = [{**told, "messageId": f"{contact}-i{number}"}, track(contact, f"{contact}-t{number}")]
        before = len(self.mail(contact, "Welcome")), len(self.mail(contact, "Receipt"))
        assert self.door.post("/v1/batch", {"batch": batch}, self.key)[0] == 200
        until(lambda: len(self.mail(contact, "Receipt")) > before[1])
        until(lambda: bool(self.mail(contact, "Welcome")))  # over another connection it may come last
        return self.mail(contact, "Welcome")[-1]

    def mail(self, contact: str, subject: str) -> list[EmailMessage]:
        files = sorted((self.door.shop.folder / "captured").glob("*.eml"))
        found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return [one for one in found if contact in str(one["To"]) and one["Subject"] == subject]


def path_of(letter: EmailMessage) -> str:
    """Of the page, as mail programs find it."""
    found = re.search(r"<https://mail\.shop\.example(/u/[\w-]+)>", str(letter["List-Unsubscribe"]))
    assert found is not None, letter["List-Unsubscribe"]
    return found[1]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop", CONFIG)
    journeys = shop.folder / "journeys"
    (journeys / "catalog.yaml").write_text(CATALOG.replace("name: News,", 'name: "News <b>&</b>",'))
    (journeys / "welcome.yaml").write_text(WELCOME)
    shop.run("apply")
    with listening(shop) as door:
        # a proxy may pass on what strangers send, so nobody sends without a key, also before there is one
        assert door.post("/v1/track", track("ada", "no-key"))[0] == 401
        key = key_of(shop)
        until(lambda: door.post("/v1/identify", {"userId": "first"}, {"X-Write-Key": key})[0] == 200)
        yield Reader(door, key)


def test_the_headers_that_mail_programs_look_for(reader: Reader) -> None:
    """RFC 8058: both headers on marketing, none on what is transactional; the page is in the text as well."""
    letter = reader.sign_up("ada")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<mailto:unsubscribe@shop.example" in letter["List-Unsubscribe"]
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert path_of(letter) in plain.get_content().replace("\n", "")
    (receipt,) = reader.mail("ada", "Receipt")
    assert "List-Unsubscribe" not in receipt


def test_looking_changes_nothing(reader: Reader) -> None:
    path = path_of(reader.sign_up("bob"))
    for method in ("GET", "HEAD", "GET"):
        status, page, headers = reader.ask(method, path)
        assert status == 200
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
    assert reader.topics("bob") == {}
    assert page.count("<button") == 2
    assert "News &lt;b&gt;&amp;&lt;/b&gt;" in page
    assert "<b>" not in page


def test_one_click_is_enough_and_holds_at_once(reader: Reader) -> None:
    path = path_of(reader.sign_up("eve"))
    for _ in range(3):
        status, page, _ = reader.ask("POST", path, "List-Unsubscribe=One-Click")
        assert status == 200
        assert "You are unsubscribed" in page
        assert reader.topics("eve") == {"news": False}
    letters = len(reader.mail("eve", "Welcome"))
    reader.sign_up("eve")
    assert len(reader.mail("eve", "Welcome")) == letters, "the receipt came, the letter did not"
    why = reader.door.shop.run("contact", "why", "eve").stdout
    assert "unsubscribed from the topic" in why
    assert ("eve", "Topic Unsubscribed") in reader.door.history()


def test_from_everything(reader: Reader) -> None:
    path = path_of(reader.sign_up("ann"))
    yes = {"type": "identify", "userId": "ann", "messageId": "ann-yes", "traits": {"topics": {"news": True}}}
    assert reader.door.post("/v1/batch", {"batch": [yes]}, reader.key)[0] == 200
    assert reader.ask("POST", path, "what=all")[0] == 200
    assert reader.topics("ann") == {"news": False, "*": False}


@pytest.mark.parametrize(
    ("asked", "title"), [("de-CH,de;q=0.9", "Abmelden"), ("fr", "Se désabonner"), ("pt", "Unsubscribe")]
)
def test_in_the_language_of_the_reader(reader: Reader, asked: str, title: str) -> None:
    path = path_of(reader.sign_up("lea"))
    _, page, _ = reader.ask("GET", path, headers={"Accept-Language": asked})
    assert f"<h1>{title}</h1>" in page


def test_a_link_that_was_changed_does_nothing(reader: Reader) -> None:
    path = path_of(reader.sign_up("max"))
    token = path.removeprefix("/u/")
    other = path_of(reader.sign_up("zoe")).removeprefix("/u/")
    wrong = [token[:-1], token + "A", token[:5], "x", "A" * 5_000, token[:22] + other[22:], token[::-1]]
    flipped = ["B" if letter == "A" else "A" for letter in token[:21]]
    wrong += [token[:place] + letter + token[place + 1 :] for place, letter in enumerate(flipped)]
    for one in wrong:
        for method in ("GET", "POST"):
            status, page, _ = reader.ask(method, f"/u/{one}", "what=all" if method == "POST" else "")
            assert status == 404, one
            assert "Traceback" not in page
    assert reader.topics("max") == reader.topics("zoe") == {}


def test_a_page_that_nobody_can_reach_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "http: { public_url: https://mail.shop.example }\n")
    assert "http.port" in shop.run("run", "--once", expect=2).stderr
    (shop.folder / "config.yaml").write_text("http: { port: 0, public_url: http://mail.shop.example }\n")
    assert "no https address" in shop.run("run", "--once", expect=2).stderr


@pytest.mark.parametrize("offers", [("8BITMIME",), ("PIPELINING", "8BITMIME")])
def test_it_holds_within_a_second_also_for_mail_in_the_senders_hands(
    tmp_path: Path, offers: tuple[str, ...]
) -> None:
    """The letter is claimed, rendered and introduced to the mail server, which takes its time at RCPT; the
    person unsubscribes; the server goes on. The body is never sent."""
    stands_at_rcpt, goes_on = Flag(), Flag()

    async def hold(peer: Peer, usual: bytes) -> None:
        stands_at_rcpt.set()
        await asyncio.to_thread(goes_on.wait, 30)
        await peer.write(usual)

    with ScriptedServer({"rcpt": [behave, behave, hold]}, offers=offers) as relay:
        shop = Shop(
            tmp_path / "shop",
            f"delivery: {{ email: smtp }}\n"
            f"smtp: {{ host: 127.0.0.1, port: {relay.port}, tls: none, connections: 1 }}\n{CONFIG}",
        )
        (shop.folder / "journeys" / "welcome.yaml").write_text(WELCOME)
        shop.run("apply")
        key = {"X-Write-Key": key_of(shop)}
        with listening(shop) as door:
            reader = Reader(door, key["X-Write-Key"])
            told = {"type": "identify", "userId": "ada", "messageId": "i1"}
            told |= {"traits": {"email": "ada@customers.example"}}
            until(lambda: door.post("/v1/batch", {"batch": [told, track("ada", "t1")]}, key)[0] == 200)
            until(lambda: len(relay.accepted) == 2)
            path = path_of(message_from_bytes(relay.accepted[0].raw, policy=policy.default))
            assert door.post("/v1/batch", {"batch": [track("ada", "t2")]}, key)[0] == 200
            assert stands_at_rcpt.wait(30)
            assert door.rows("SELECT state FROM message ORDER BY id")[2] == ("claimed",)
            began = time.monotonic()
            assert reader.ask("POST", path, "List-Unsubscribe=One-Click")[0] == 200
            took = time.monotonic() - began
            goes_on.set()
            until(lambda: len(relay.accepted) == 3)  # the receipt of the second time, which is no marketing
            assert [b"Subject: Receipt" in one.raw for one in relay.accepted] == [False, True, True]
            third = "SELECT state, reason FROM message ORDER BY id"
            assert door.rows(third)[2] == ("dropped", "unsubscribed")
            assert took < 1, f"it took {took:.2f} s until it held"
