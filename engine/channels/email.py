"""E-mail through a relay: a pool of persistent SMTP sessions. The only file that knows aiosmtplib."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from typing import cast

import aiosmtplib

from engine.channels.smtp.envelope import refuse
from engine.channels.smtp.session import Session
from engine.channels.smtp.settings import SmtpSettings, Timeouts
from engine.channels.smtp.verdicts import Phase, broken_off, refused, tidy
from engine.channels.smtp.wire import Wire
from engine.errors import UsageError
from engine.model.message import MayGo, Parcel, Receipt

__all__ = ["SmtpChannel", "SmtpSettings", "Timeouts"]


class SmtpChannel:
    """Carries parcels over at most `connections` sessions, each kept open for many parcels.

    A session that broke or surprised us is cut and never used again.
    """

    name = "smtp"

    def __init__(self, settings: SmtpSettings) -> None:
        self.connections = settings.connections
        self._settings = settings
        self._trust = _trust(settings)
        self._slots = asyncio.Semaphore(settings.connections)
        self._idle: list[Session] = []
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def deliver(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        """Carry one parcel. Raises only what `may_go` raises."""
        refusal = refuse(parcel)
        if refusal is not None:
            return refusal
        await self._slots.acquire()
        session: Session | Receipt | None = None
        try:
            session = await self._session()
            if isinstance(session, Receipt):
                return session
            receipt = await session.carry(parcel, may_go)
            if not session.was_dead_already(receipt):
                return receipt
            session.abort()
            session = await self._open()
            return session if isinstance(session, Receipt) else await session.carry(parcel, may_go)
        finally:
            self._put_back(session)

    async def close(self) -> None:
        """Say goodbye on every idle session; those still carrying a parcel leave when it is done."""
        self._is_closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(session.leave() for session in idle), *self._goodbyes)

    async def _session(self) -> Session | Receipt:
        """A session kept from before if one is still good, otherwise a new one."""
        if self._is_closed:
            return Receipt("deferred", "connect", None, "the channel is closed")
        freshest_limit = asyncio.get_running_loop().time() - self._settings.idle
        while self._idle:
            session = self._idle.pop()
            if session.is_reusable and session.idle_since >= freshest_limit:
                return session
            await session.leave()  # before the next is opened, so that there are never too many
        return await self._open()

    async def _open(self) -> Session | Receipt:
        return await _Opening(self._settings, self._trust).session()

    def _put_back(self, session: Session | Receipt | None) -> None:
        """Keep a good session, part from any other, and free the slot."""
        if isinstance(session, Session) and session.is_reusable:
            if self._is_closed or session.carried >= self._settings.messages_per_connection:
                self._part_from(session)
                return
            session.idle_since = asyncio.get_running_loop().time()
            self._idle.append(session)
        elif isinstance(session, Session):
            session.abort()
        self._slots.release()

    def _part_from(self, session: Session) -> None:
        """Say goodbye in the background: the receipt need not wait, but the slot stays taken until then."""
        goodbye = asyncio.create_task(session.leave())
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)
        goodbye.add_done_callback(lambda _: self._slots.release())


def _trust(settings: SmtpSettings) -> ssl.SSLContext | None:
    """Whom to believe that they are the relay: certificate and host name are always checked."""
    if settings.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise UsageError(
            f"smtp.ca_file: {settings.ca_file} cannot be used ({error.strerror or error})",
            "name a file with the certificates to trust, in PEM form, or leave ca_file out",
        ) from None


class _Opening:
    """The way from nothing to a session: connect, EHLO, TLS, AUTH. Remembers how far it came."""

    def __init__(self, settings: SmtpSettings, trust: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._trust = trust
        self._wait = settings.timeouts
        self._phase: Phase = "connect"
        self._transport: asyncio.Transport | None = None

    async def session(self) -> Session | Receipt:
        """An open session, or the receipt that says in which phase the relay let us down."""
        opened: Session | Receipt | None = None
        try:
            opened = await self._walk()
        except aiosmtplib.SMTPResponseException as answer:
            opened = self._refused(answer)
        except aiosmtplib.SMTPNotSupported as lack:
            opened = Receipt("relay_fault", self._phase, None, tidy(lack.message))
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            opened = self._broken(error)
        finally:
            if not isinstance(opened, Session) and self._transport is not None:
                self._transport.abort()
        return opened

    async def _walk(self) -> Session:
        client = await self._connect()
        await self._greet(client)
        if self._settings.tls == "required":
            await self._encrypt(client)
            await self._greet(client)  # what was said in the clear counts for nothing, RFC 3207 4.2
        if self._settings.user is not None:
            await self._log_in(client)
        return Session(Wire(self._hold(client)), client.esmtp_extensions, self._wait)

    async def _connect(self) -> aiosmtplib.SMTP:
        """To the banner. We dial ourselves, because aiosmtplib has one timeout for dialling and banner."""
        name = self._settings.source_name or await asyncio.to_thread(_own_name)
        async with asyncio.timeout(self._wait.connect):
            line = await _dial(self._settings.host, self._settings.port)
        client = aiosmtplib.SMTP(
            hostname=self._settings.host,
            sock=line,
            local_hostname=name,
            use_tls=self._settings.tls == "implicit",
            start_tls=False,  # done step by step below
            tls_context=self._trust,
        )
        await client.connect(timeout=self._wait.banner)
        self._hold(client)
        return client

    def _hold(self, client: aiosmtplib.SMTP) -> asyncio.Transport:
        """Remember the transport, which aiosmtplib forgets when it gives up, so that it can be cut."""
        if client.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("the server closed the connection")
        self._transport = cast(asyncio.Transport, client.transport)
        return self._transport

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        self._phase = "ehlo"
        await client.ehlo(timeout=self._wait.ehlo)

    async def _encrypt(self, client: aiosmtplib.SMTP) -> None:
        self._phase = "tls"
        if not client.supports_extension("starttls"):
            raise aiosmtplib.SMTPNotSupported(
                "the server does not offer encryption (STARTTLS), so nothing was sent to it; "
                "somebody on the way may have removed the offer"
            )
        await client.starttls(timeout=self._wait.tls)
        self._hold(client)

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        """One try with the first method both sides know: three wrong tries would lock some accounts."""
        self._phase = "auth"
        ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
        for method, log_in in ways.items():
            if method in client.server_auth_methods:
                user, password = self._settings.user or "", self._settings.password or ""
                await log_in(user, password, timeout=self._wait.auth)
                return
        offered = ", ".join(client.server_auth_methods) or "none"
        raise aiosmtplib.SMTPNotSupported(
            f"the server has no way to log in that we know (it offers {offered}); "
            "check smtp.port, or leave user and password out if it needs no login"
        )

    def _refused(self, answer: aiosmtplib.SMTPResponseException) -> Receipt:
        words = self._without_secrets(answer.message)
        if answer.code < 0:  # how aiosmtplib says that it could not read the answer at all
            return broken_off(self._phase, words)
        return refused(self._phase, answer.code, words)

    def _broken(self, error: Exception) -> Receipt:
        """A certificate we cannot believe is the relay's fault; anything else is a broken line."""
        reason = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
        if isinstance(reason, ssl.SSLError):
            words = getattr(reason, "verify_message", "") or reason.reason or str(reason)
            return Receipt("relay_fault", "tls", None, tidy(f"the connection cannot be made secure: {words}"))
        return broken_off(self._phase, self._without_secrets(str(error) or "no answer in time"))

    def _without_secrets(self, text: str) -> str:
        """Some servers repeat the line they did not like, and with AUTH that line holds the password."""
        user, password = self._settings.user, self._settings.password
        if not user or not password:
            return text
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        for secret in (plain, base64.b64encode(password.encode()).decode(), password):
            text = text.replace(secret, "***")
        return text


async def _dial(host: str, port: int) -> socket.socket:
    """A connected socket to the first of the host's addresses that answers; raises OSError."""
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        line = socket.socket(family, kind, protocol)
        line.setblocking(False)
        try:
            await loop.sock_connect(line, address)
        except OSError as error:
            line.close()
            failure = error
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise failure or OSError(f"{host} has no address")


def _own_name() -> str:
    """The full name of this machine, as far as it can be said in a command."""
    name = socket.getfqdn()
    return name if name.isascii() and name.isprintable() and " " not in name and name else "localhost"
