"""The web of a daemon: what comes in goes into its store and wakes its loops."""

from __future__ import annotations

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from engine.channels.smtp.settings import is_loopback
from engine.errors import RefusedError
from engine.service.daemon import Daemon
from engine.service.erasing import erase
from engine.service.follower import Follower
from engine.service.inbox import Inbox
from engine.service.settings import Settings
from engine.service.sources import Sources
from engine.store.database import Store
from engine.web.api.calls import Shop
from engine.web.api.door import Door
from engine.web.api.keys import AdminKeyring
from engine.web.app import app_of
from engine.web.brand import brand_of
from engine.web.confirming import Confirming
from engine.web.following import Following
from engine.web.ingestion import Ingestion
from engine.web.leaving import Leaving
from engine.web.metrics import Metrics
from engine.web.pages import SOURCE, Pages
from engine.web.preferences import Preferences
from engine.web.viewing import Viewing
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
    is_public = daemon.links is not None and daemon.links.base.startswith("https:")
    keyring = Keyring(store, needs_key=is_open or is_public)
    routes: list[BaseRoute] = []
    sources = Sources(store, lambda: daemon.running().serial)
    routes += Webhooks(inbox, sources, settings.http.public_url).routes()
    if daemon.links is not None:
        follower = Follower(daemon.links.base, daemon.links.keys)
        routes += Following(store, inbox, follower, daemon.running).routes()
        pages = Pages(store, inbox, daemon.links, lambda: daemon.running().catalog, brand_of(settings))
        routes += _pages(pages, daemon, settings)
    shop = Shop(store, settings, daemon.running, daemon.clock.now, daemon.wake)
    routes += Door(shop, AdminKeyring(store)).routes()
    ingestion = Ingestion(inbox, keyring)
    watchers = AdminKeyring(store) if keyring.needs_key else None
    routes += Metrics(store, daemon, inbox, ingestion, watchers).routes()
    return app_of(routes, lambda: daemon.may_go_on, ingestion.doors())


def _pages(pages: Pages, daemon: Daemon, settings: Settings) -> list[BaseRoute]:
    """What people reach by the links of their messages."""

    def erase_one(id: str) -> None:
        erase(pages.store, id, pages.inbox.now(), SOURCE, settings.capture_dir)
        daemon.wake()

    helps_itself = erase_one if settings.pages.self_service else None
    return [
        *Leaving(pages).routes(),
        *Preferences(pages, helps_itself).routes(),
        *Confirming(pages).routes(),
        *Viewing(pages, daemon.running).routes(),
    ]
