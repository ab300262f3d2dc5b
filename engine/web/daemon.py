"""The web of a daemon: what comes in goes into its store and wakes its loops."""

from __future__ import annotations

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from engine.channels.smtp.settings import is_loopback
from engine.errors import RefusedError
from engine.service.daemon import Daemon
from engine.service.follower import Follower
from engine.service.inbox import Inbox
from engine.service.settings import Settings
from engine.service.sources import Sources
from engine.store.database import Store
from engine.web.api.calls import Shop
from engine.web.api.door import Door
from engine.web.api.keys import AdminKeyring
from engine.web.app import app_of
from engine.web.following import Following
from engine.web.ingestion import Ingestion
from engine.web.leaving import Leaving
from engine.web.metrics import Metrics
from engine.web.webhooks import Webhooks
from engine.web.write_keys import Keyring


def app_for(store: Store, daemon: Daemon, settings: Settings) -> ASGIApp:
    """RefusedError where others could reach it and there is no write key yet."""
    host = settings.http.host
    is_open = not is_loopback(host)
    if is_open and not any(key.revoked_at is None for key in store.write_keys()):
        raise RefusedError(
            f"`http.host: {host}` lets others send events, and there is no write key",
            "Make one with `journeys keys create --source shop`, or listen on 127.0.0.1.",
        )
    inbox = Inbox(store, daemon.running, daemon.clock.now, daemon.wake)
    # A page that people reach stands behind a proxy, and what that passes on comes from this machine.
    keyring = Keyring(store, needs_key=is_open or daemon.links is not None)
    routes: list[BaseRoute] = []
    sources = Sources(store, lambda: daemon.running().serial)
    routes += Webhooks(inbox, sources, settings.http.public_url).routes()
    if daemon.links is not None:
        follower = Follower(daemon.links.base, daemon.links.keys)
        routes += Following(store, inbox, follower, daemon.running).routes()
        routes += Leaving(store, inbox, daemon.links, lambda: daemon.running().catalog).routes()
    shop = Shop(store, settings, daemon.running, daemon.clock.now, daemon.wake)
    routes += Door(shop, AdminKeyring(store)).routes()
    ingestion = Ingestion(inbox, keyring)
    watchers = AdminKeyring(store) if keyring.needs_key else None
    routes += Metrics(store, daemon, inbox, ingestion, watchers).routes()
    return app_of(routes, lambda: daemon.may_go_on, ingestion.doors())
