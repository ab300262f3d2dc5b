"""What comes back, through a maildir and the daemon: what it changes, and whom it may not harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from engine.intake.maildir import Maildir
from engine.model.suppression import Suppression
from engine.service.daemon import Daemon
from engine.service.links import links_of
from engine.service.return_paths import ReturnPaths
from engine.store.database import Store
from engine.store.outbox import MessageUpdate
from tests.support.returns import complaint, dsn, into_maildir
from tests.support.scripted_smtp import ScriptedServer, say
from tests.support.shops import Shop, journey, smtp

LETTER = journey(
    "letters",
    """\
trigger: { event: A }
re_entry: always
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Hi, body: Hi. }
""",
)
AFTERMATH = journey(
    "aftermath",
    """\
trigger: { event: Message Bounced, where: { event.step: letter, event.hard: true } }
steps:
  - { id: note, update: { contact.nick: bounced } }
""",
)
WAITING = journey(
    "waiting",
    """\
trigger: { event: A }
exit_when: [ { event: Message Complained } ]
steps:
  - id: came-back
    wait_for: { condition: { bounced: letters/letter } }
    up_to: 10 days
  - { id: note, update: { contact.nick: seen } }
""",
)
GONE = "550 5.1.1 <ada@shop.example>: User unknown (in reply to RCPT TO command)"
FULL = "552 5.2.2 Mailbox full (in reply to RCPT TO command)"


@dataclass
class Post:
    """A daemon that sends to a server of ours, and a maildir that mail comes back to."""

    shop: Shop
    server: ScriptedServer
    maildir: Path
    daemon: Daemon

    def send(self, *contacts: str) -> None:
        self.shop.known(*contacts)
        for contact in contacts or ("ada",):
            self.shop.does("A", contact)
        self.daemon.until_idle()

    @property
    def sent(self) -> bytes:
        return self.server.accepted[-1].raw

    @property
    def return_path(self) -> str:
        return self.server.accepted[-1].sender

    def gets(self, *mails: bytes) -> None:
        for mail in mails:
            into_maildir(self.maildir, f"{len(list(self.maildir.rglob('*.mail'))):06}.mail", mail)
        self.look()

    def look(self) -> None:
        self.shop.clock.go(seconds=11)
        self.daemon.until_idle()

    def lies_in(self, part: str) -> list[str]:
        return sorted(file.name for file in (self.maildir / part).iterdir())

    @property
    def suppressed(self) -> list[tuple[str | None, str]]:
        pages: list[list[Suppression]] = list(self.shop.store.suppressions())
        return [(one.address, one.reason) for page in pages for one in page]

    def history(self, name: str, contact: str = "ada") -> list[dict[str, object]]:
        dossier = self.shop.store.dossier(contact)
        rows = dossier.rows["event"] if dossier else []
        return [dict(row["properties"]) for row in rows if row["name"] == name]


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    shop.apply(letters=LETTER)
    yield shop
    shop.close()


def post_of(shop: Shop, server: ScriptedServer, *, paths: bool, by_address: bool = False) -> Post:
    maildir = shop.folder / "returned"
    for part in ("new", "cur", "tmp"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    daemon = shop.daemon(smtp(server.port))
    daemon.return_paths = (
        ReturnPaths("bounces@shop.example", links_of(shop.store, "").keys) if paths else None
    )
    daemon.sources = (Maildir(maildir),)
    daemon.takes_by_address = by_address
    daemon.__post_init__()
    return Post(shop, server, maildir, daemon)


@pytest.fixture
def post(shop: Shop) -> Iterator[Post]:
    with ScriptedServer() as server:
        yield post_of(shop, server, paths=True)


@pytest.fixture
def plain(shop: Shop) -> Iterator[Post]:
    """Without return paths."""
    with ScriptedServer() as server:
        yield post_of(shop, server, paths=False)


# --- a hard bounce -------------------------------------------------------------------------------


def test_a_hard_bounce_suppresses_the_address_and_is_history(post: Post) -> None:
    post.shop.apply(aftermath=AFTERMATH)
    post.send()
    assert post.return_path.startswith("bounces+")
    assert len(post.return_path.partition("@")[0]) <= 64
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=post.return_path))
    assert post.suppressed == [("ada@shop.example", "hard_bounce")]
    assert post.shop.states()[0] == ("letter", "bounced", "no_such_address")
    (told,) = post.history("Message Bounced")
    assert (told["journey"], told["step"], told["hard"]) == ("letters", "letter", True)
    assert post.shop.store.contact("ada").attributes["nick"] == "bounced", "a journey heard of it"
    post.shop.does("A")
    post.daemon.until_idle()
    assert post.shop.states()[-1] == ("letter", "dropped", "suppressed")
    assert post.lies_in("new") == []
    assert post.lies_in("cur") == ["000000.mail:2,S"]


def test_conditions_see_it(post: Post) -> None:
    post.shop.apply(waiting=WAITING)
    post.send()
    post.gets(dsn("ada@shop.example", FULL, "5.2.2", to=post.return_path))
    assert post.shop.store.contact("ada").attributes["nick"] == "seen"
    assert post.suppressed == []


def test_what_was_taken_once_changes_nothing_any_more(post: Post) -> None:
    """Under another name, and in other words about the same message."""
    post.send()
    mail = dsn("ada@shop.example", GONE, "5.1.1", to=post.return_path)
    post.gets(mail)
    post.gets(mail, dsn("ada@shop.example", "550 5.1.1 gone", "5.1.1", to=post.return_path))
    assert len(post.history("Message Bounced")) == 1
    assert len(post.suppressed) == 1


def test_a_crash_before_the_mail_is_moved_takes_it_again_without_effect(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.send()
    into_maildir(post.maildir, "000000.mail", dsn("ada@shop.example", GONE, "5.1.1", to=post.return_path))
    with monkeypatch.context() as broken:
        broken.setattr(Maildir, "done", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            post.look()
    assert post.lies_in("new") == ["000000.mail"]
    assert len(post.history("Message Bounced")) == 1
    post.look()
    assert post.lies_in("new") == []
    assert len(post.history("Message Bounced")) == 1
    assert post.shop.store.tallies(post.shop.clock.at - timedelta(hours=1))["letters"].bounced == 1


def test_a_bounce_that_is_quicker_than_our_own_record_counts(post: Post) -> None:
    """The server answered the dot, the bounce came, and only then does the sender write `sent`."""
    store, now = post.shop.store, post.shop.clock.at
    post.shop.known()
    post.shop.does("A")
    number = store.claim_messages(now, "w", 10, None)[0].message.id or 0
    with store.page("gate") as page:
        page.mark([MessageUpdate(number, "in_data")], now, worker="w")
    assert post.daemon.return_paths is not None
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=post.daemon.return_paths.of(number)))
    with store.page("gate") as page:
        assert page.mark([MessageUpdate(number, "sent")], post.shop.clock.at, worker="w") == set()
    assert post.shop.message().message.state == "bounced"


def test_who_has_a_new_address_by_now_is_reached_there(post: Post) -> None:
    post.send()
    path = post.return_path
    post.shop.known("ada", email="ada@new.example")
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=path))
    assert post.suppressed == [("ada@shop.example", "hard_bounce")]
    post.shop.does("A")
    post.daemon.until_idle()
    assert post.shop.states()[-1][1] == "sent"


def test_an_address_that_the_mail_was_handed_on_to_is_not_theirs(post: Post) -> None:
    """The report is about somebody else's address; ours goes on, softly."""
    post.send()
    mail = dsn("elsewhere@other.example", "550 5.1.1 User unknown", "5.1.1", to=post.return_path)
    post.gets(mail)
    assert post.suppressed == []
    assert post.history("Message Bounced")[0]["hard"] is False


def test_an_alias_behind_ours_is_ours(post: Post) -> None:
    post.send()
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=post.return_path, final="a.person@internal.example"))
    assert post.suppressed == [("ada@shop.example", "hard_bounce")]


# --- what passes ---------------------------------------------------------------------------------


def test_a_delay_is_no_bounce(post: Post) -> None:
    post.send()
    said = "450 4.2.1 Mailbox busy"
    post.gets(dsn("ada@shop.example", said, "4.2.1", to=post.return_path, action="delayed"))
    assert post.history("Message Bounced") == []
    assert post.shop.message().message.state == "sent"


@pytest.mark.parametrize(("apart", "is_dead"), [(2, True), (1, False)])
def test_five_soft_bounces_in_a_row_over_a_week(post: Post, apart: int, is_dead: bool) -> None:
    """Five, two days apart, are more than a week; one day apart they are not."""
    for _ in range(5):
        assert post.suppressed == []
        post.send()
        post.gets(dsn("ada@shop.example", FULL, "5.2.2", to=post.return_path))
        post.shop.clock.go(days=apart)
    assert post.suppressed == ([("ada@shop.example", "soft_bounces")] if is_dead else [])


def test_a_mail_that_arrived_ends_the_row(post: Post) -> None:
    for number in range(6):
        post.send()
        if number != 3:
            post.gets(dsn("ada@shop.example", FULL, "5.2.2", to=post.return_path))
        post.shop.clock.go(days=4)
    assert post.suppressed == []


def test_policy_and_blocks_never_suppress_a_person(post: Post) -> None:
    for _ in range(8):
        post.send()
        said = "550 5.7.1 User unknown; your server is on our block list"
        post.gets(dsn("ada@shop.example", said, "5.7.1", to=post.return_path))
        post.shop.clock.go(days=3)
    assert post.suppressed == []
    assert len(post.history("Message Bounced")) == 8


# --- complaints ----------------------------------------------------------------------------------


def test_a_complaint_suppresses_and_unsubscribes(post: Post) -> None:
    post.shop.apply(waiting=WAITING)
    post.send()
    post.gets(complaint(b"Return-Path: <" + post.return_path.encode() + b">\r\n" + post.sent))
    assert post.suppressed == [("ada@shop.example", "complaint")]
    assert post.shop.store.contact("ada").topics == {"*": False}
    assert post.history("Message Complained")[0]["type"] == "abuse"
    assert post.shop.stands_at() == [], "an exit rule heard of it"
    assert post.shop.store.tallies(post.shop.clock.at - timedelta(hours=1))["letters"].complained == 1


@pytest.mark.parametrize("type", ["not-spam", "auth-failure", "virus"])
def test_reports_that_are_no_complaints_change_nothing(post: Post, type: str) -> None:
    post.send()
    post.gets(complaint(b"Return-Path: <" + post.return_path.encode() + b">\r\n" + post.sent, type=type))
    assert post.suppressed == []
    assert post.shop.store.contact("ada").topics == {}


def test_a_wish_to_leave_unsubscribes_and_does_not_suppress(post: Post) -> None:
    post.send()
    post.gets(f"From: ada@shop.example\nTo: {post.return_path}\nSubject: unsubscribe\n\n".encode())
    assert post.suppressed == []
    assert post.shop.store.contact("ada").topics == {"*": False}


# --- whom to believe -----------------------------------------------------------------------------


def forged(path: str) -> str:
    """One letter of the signature is another."""
    local, _, domain = path.partition("@")
    return f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"


def test_without_a_token_a_hard_bounce_is_soft_at_most(post: Post) -> None:
    """It shows the Message-ID, which the person and every server on the way have seen."""
    post.send()
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", original=post.sent))
    assert post.suppressed == []
    assert post.history("Message Bounced")[0]["hard"] is False


def test_a_complaint_without_a_token_unsubscribes_at_most(post: Post) -> None:
    post.send()
    post.gets(complaint(post.sent))
    assert post.suppressed == []
    assert post.shop.store.contact("ada").topics == {"*": False}
    assert post.history("Message Complained") == []


def test_a_forged_token_counts_for_nothing(post: Post) -> None:
    post.send()
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=forged(post.return_path)))
    assert post.suppressed == []
    assert post.history("Message Bounced") == []
    assert post.lies_in("new") == [], "it is out of the way all the same"


def test_an_address_alone_counts_for_nothing(post: Post) -> None:
    post.send()
    post.gets(dsn("ada@shop.example", GONE, "5.1.1"))
    assert post.suppressed == []
    assert post.history("Message Bounced") == []


def test_capital_letters_change_nothing(post: Post) -> None:
    """Some servers write the local part as they like."""
    post.send()
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=post.return_path.upper()))
    assert post.suppressed == [("ada@shop.example", "hard_bounce")]


def test_without_return_paths_the_message_id_counts(plain: Post) -> None:
    plain.send()
    assert plain.return_path == "hello@shop.example"
    plain.gets(dsn("ada@shop.example", GONE, "5.1.1", original=plain.sent))
    assert plain.suppressed == [("ada@shop.example", "hard_bounce")]


def test_who_vouches_for_the_mails_may_take_addresses(shop: Shop) -> None:
    with ScriptedServer() as server:
        post = post_of(shop, server, paths=False, by_address=True)
        post.send()
        post.gets(dsn("Ada@Shop.Example", GONE, "5.1.1"))
        assert post.suppressed == [("ada@shop.example", "hard_bounce")]


# --- what cannot be read, and what breaks ----------------------------------------------------------


def test_what_cannot_be_read_is_set_aside_and_holds_nobody_up(post: Post) -> None:
    post.send()
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(99))
    good = dsn("ada@shop.example", GONE, "5.1.1", to=post.return_path)
    post.gets(nested, good)
    assert post.suppressed == [("ada@shop.example", "hard_bounce")]
    assert post.lies_in("new") == []
    assert post.lies_in(".unreadable/new") == ["000000.mail"]
    (reject,) = post.shop.store.rejected_items(10)
    assert "deep" in reject.reason
    assert reject.source == "bounces"


def test_a_mail_that_breaks_us_does_not_hold_up_the_others(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.service import returning

    post.send("ada", "ben")
    paths = {one.recipients[0]: one.sender for one in post.server.accepted}
    whole = returning._suppress

    def breaks(*given: object) -> None:
        if getattr(given[1], "contact_id", "") == "ada":
            raise ZeroDivisionError
        whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(returning, "_suppress", breaks)
    post.gets(
        dsn("ada@shop.example", GONE, "5.1.1", to=paths["ada@shop.example"]),
        dsn("ben@shop.example", GONE, "5.1.1", to=paths["ben@shop.example"]),
    )
    assert post.suppressed == [("ben@shop.example", "hard_bounce")]
    assert post.lies_in("new") == []
    assert len(post.lies_in(".unreadable/new")) == 1


def test_somebody_erased_meanwhile_does_not_come_back(post: Post) -> None:
    post.send()
    path = post.return_path
    with post.shop.store.page("erase") as page:
        page.erase("ada", post.shop.clock.at, "test")
    post.gets(dsn("ada@shop.example", GONE, "5.1.1", to=path))
    assert post.shop.store.contact("ada") is None


# --- what servers say while we send ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "suppressed"),
    [
        ("550 5.1.1 User unknown", [("ada@shop.example", "hard_bounce")]),
        ("550 No such user", [("ada@shop.example", "hard_bounce")]),
        ("552 5.2.2 Mailbox full", []),
        ("554 5.7.1 Blocked, see https://block.example", []),
    ],
)
def test_an_answer_to_rcpt_is_judged_as_well(
    shop: Shop, answer: str, suppressed: list[tuple[str, str]]
) -> None:
    with ScriptedServer({"rcpt": [say(answer)]}) as server:
        post = post_of(shop, server, paths=True)
        post.send()
        assert post.suppressed == suppressed
        assert shop.message().message.state == "bounced"
        assert post.history("Message Bounced")[0]["hard"] is bool(suppressed)
