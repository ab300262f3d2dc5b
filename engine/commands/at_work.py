"""A daemon at work in this process: begun, listening, and ended in order, whatever ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from engine.channels.table import open_channel
from engine.intake.imap import ImapMailbox
from engine.intake.maildir import Maildir
from engine.service.clock import Clock, VirtualClock
from engine.service.daemon import Daemon, refuse_unsafe_marketing
from engine.service.letters import Sign
from engine.service.links import links_of
from engine.service.return_paths import ReturnPaths
from engine.service.returns import MailSource
from engine.service.settings import Settings
from engine.store.database import Store


@contextmanager
def begun(settings: Settings, store: Store, clock: Clock) -> Iterator[Daemon]:
    """A daemon that holds the lease; signals end it in order."""
    ways = settings.channel_settings()
    channel = open_channel("email", settings.delivery.email, ways)
    links = None if settings.http.public_url is None else links_of(store, settings.http.public_url)
    has_way_out = settings.unsubscribe is not None or links is not None
    daemon = Daemon(
        store,
        channel,
        settings.policy(),
        settings.unsubscribe,
        settings.on_unsure,
        clock,
        links,
        reaches_people=not settings.is_loopback_relay,
        may_market=settings.is_loopback_relay or has_way_out,
        alarms=settings.alarms,
        keep_trace=settings.limits.keep_trace,
        sign=_signing(settings),
        return_paths=return_paths_of(store, settings),
        sources=() if isinstance(clock, VirtualClock) else sources_of(settings),  # a replay is of the past
        takes_by_address=settings.bounces.by_address,
        ways=lambda name: open_channel(name, settings.way_of(name), ways),
    )
    daemon.begin()
    try:
        if not daemon.may_market:
            refuse_unsafe_marketing(daemon.running())
        with _stopped_by_signals(daemon.stop):
            yield daemon
    finally:
        daemon.end()


def _signing(settings: Settings) -> Sign | None:
    """Loaded only where there are keys: cryptography is large."""
    if not settings.dkim:
        return None
    from engine.messages.dkim import signing
    from engine.service.dkim_keys import signers_of

    return signing(signers_of(settings.dkim, settings.workspace))


def return_paths_of(store: Store, settings: Settings) -> ReturnPaths | None:
    """Signed with the keys of the links."""
    base = settings.bounces.return_path
    return None if base is None else ReturnPaths(base, links_of(store, "").keys)


def sources_of(settings: Settings) -> tuple[MailSource, ...]:
    """Where mail comes back to."""
    found: list[MailSource] = []
    if settings.bounces.maildir is not None:
        found.append(Maildir(settings.workspace / settings.bounces.maildir))
    if (mailbox := settings.mailbox()) is not None:
        found.append(ImapMailbox(mailbox))
    return tuple(found)


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def listening(settings: Settings, store: Store, daemon: Daemon) -> Iterator[None]:
    """The web beside the loops, where a port is set; its libraries are loaded only then."""
    http = settings.http
    if http.port is None:
        yield
        return
    from engine.web.daemon import app_for
    from engine.web.server import serving

    with serving(app_for(store, daemon, settings), http.host, http.port) as address:
        click.echo(f"listening on {address}", err=True)
        yield
