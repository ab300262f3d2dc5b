"""Bounces over IMAP, from somebody else's server: Dovecot. Skipped where it is not installed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import RefusedError
from engine.intake.imap import ImapMailbox, ImapSettings
from engine.intake.returned_mail import LARGEST
from engine.service.links import links_of
from engine.service.return_paths import ReturnPaths
from engine.service.returning import Trust
from engine.service.returns import Returns
from engine.store.database import Store
from tests.support.certificates import make_certificate
from tests.support.imap_server import PASSWORD, PROGRAM, USER, WHY_NOT, ImapServer, imap_server
from tests.support.returns import dsn
from tests.support.scripted_smtp import ScriptedServer
from tests.support.shops import Shop, journey, smtp

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)

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
GONE = "550 5.1.1 User unknown"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[ImapServer]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with imap_server(folder, certificate, certificate) as server:
            yield server


@pytest.fixture
def settings(server: ImapServer, certificate: Path) -> ImapSettings:
    """TLS from the first byte on; the mailbox is empty before each test."""
    for file in server.maildir.rglob("*.mail*"):
        file.unlink()
    return ImapSettings("127.0.0.1", USER, PASSWORD, server.tls_port, ca_file=str(certificate))


def names(mailbox: ImapMailbox) -> list[bytes]:
    mailbox.begin()
    try:
        return [mail.raw for mail in mailbox.waiting(100)]
    finally:
        mailbox.end()


def test_what_is_unseen_is_read_and_stays_unseen(server: ImapServer, settings: ImapSettings) -> None:
    mail = dsn("ada@shop.example", GONE)
    server.deliver("1.mail", mail)
    for _ in range(2):
        (found,) = names(ImapMailbox(settings))
        assert found.replace(b"\r\n", b"\n") == mail


@pytest.mark.parametrize("tls", ["required", "none"])
def test_starttls_and_none(server: ImapServer, settings: ImapSettings, tls: str) -> None:
    server.deliver("1.mail", dsn("ada@shop.example", GONE))
    mailbox = ImapMailbox(replace(settings, port=server.port, tls=tls))  # type: ignore[arg-type]
    assert len(names(mailbox)) == 1


def test_what_is_done_is_seen(server: ImapServer, settings: ImapSettings) -> None:
    for number in range(3):
        server.deliver(f"{number}.mail", dsn("ada@shop.example", GONE))
    mailbox = ImapMailbox(settings)
    mailbox.begin()
    first, second, _ = mailbox.waiting(10)
    mailbox.done(first)
    mailbox.set_aside(second)
    mailbox.end()
    assert len(names(mailbox)) == 1
    flags = sorted(file.name.rpartition(",")[2] for file in server.maildir.rglob("*.mail*"))
    assert flags[-2:] == ["FS", "S"] or sorted(flags)[:2] == ["FS", "S"] or {"S", "FS"} <= set(flags)


def test_what_is_too_large_is_not_even_fetched(server: ImapServer, settings: ImapSettings) -> None:
    server.deliver("1.mail", b"Subject: x\n\n" + b"x" * 70 * 200_000)
    (found,) = names(ImapMailbox(settings))
    assert len(found) == LARGEST + 1


def test_a_folder_of_any_name(server: ImapServer, settings: ImapSettings) -> None:
    name = 'Rückläufer & "Co"'
    with pytest.raises(RefusedError, match=r"bounces\.imap"):
        names(ImapMailbox(replace(settings, folder=name)))
    mailbox = ImapMailbox(settings)
    mailbox.begin()
    assert mailbox._line is not None
    from engine.intake.imap import _quoted

    mailbox._line.create(_quoted(name))
    mailbox.end()
    assert names(ImapMailbox(replace(settings, folder=name))) == []


def test_a_wrong_password_is_said_without_it(settings: ImapSettings) -> None:
    with pytest.raises(RefusedError) as refused:
        names(ImapMailbox(replace(settings, password="not-the-one")))
    assert "not-the-one" not in f"{refused.value.message}{refused.value.help}"
    assert "AUTHENTICATIONFAILED" in refused.value.message


def test_a_certificate_of_nobody_we_trust_is_refused(settings: ImapSettings) -> None:
    with pytest.raises(RefusedError, match="certificate"):
        names(ImapMailbox(replace(settings, ca_file=None)))


def test_nobody_there_is_said(settings: ImapSettings) -> None:
    with pytest.raises(RefusedError, match="refused"):
        names(ImapMailbox(replace(settings, port=1)))


def test_a_bounce_over_imap_suppresses(
    store: Store, tmp_path: Path, server: ImapServer, settings: ImapSettings
) -> None:
    shop = Shop(store, tmp_path)
    shop.apply(letters=LETTER)
    paths = ReturnPaths("bounces@shop.example", links_of(store, "").keys)
    with ScriptedServer() as relay:
        daemon = shop.daemon(smtp(relay.port))
        daemon.return_paths, daemon.sources = paths, (ImapMailbox(settings),)
        daemon.__post_init__()
        shop.known()
        shop.does("A")
        daemon.until_idle()
        path = relay.accepted[0].sender
        server.deliver("1.mail", dsn("ada@shop.example", GONE, "5.1.1", to=path))
        server.deliver("2.mail", b"Content-Type: x; " + b"y" * 9_000 + b"\n\n")
        assert daemon.take_returned() == 0, "it is looked at once a minute"
        shop.clock.go(seconds=61)
        daemon.until_idle()
        shop.close()
    assert [(one.address, one.reason) for page in store.suppressions() for one in page] == [
        ("ada@shop.example", "hard_bounce")
    ]
    assert names(ImapMailbox(settings)) == []
    assert len(store.rejected_items(10)) == 1


def test_a_line_that_breaks_after_the_commit_takes_it_again(
    store: Store, server: ImapServer, settings: ImapSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice read, once taken: here a mail that says nothing of ours, so that only the flag is looked at."""
    server.deliver("1.mail", b"Subject: hello\n\nhello\n")
    now = datetime(2026, 3, 2, tzinfo=UTC)
    shop = Shop(store, server.folder)
    mailbox = ImapMailbox(settings)
    returns = Returns(store, shop.running, (mailbox,), Trust())

    def breaks(*_: object) -> None:
        raise RefusedError("the line broke")

    with monkeypatch.context() as broken:
        broken.setattr(ImapMailbox, "done", breaks)
        assert returns.once(now) == 0
    assert len(names(mailbox)) == 1
    assert returns.once(now.replace(hour=1)) == 1
    assert names(mailbox) == []
