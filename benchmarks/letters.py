"""Letters made, signed and handed over, beside the same letters by the libraries that everybody would take.

    python -m benchmarks.letters [--letters N] [--rounds N]

Both: a page and a text with the reader's name and cart, multipart/alternative with the same headers, a DKIM
signature of RSA-2048, and SMTP over four connections to Postfix's smtp-sink, from one process. The yardstick
is Jinja2, email.message.EmailMessage, dkimpy and aiosmtplib, used as their manuals show, templates compiled
once. The ratio is of the processor's time of this process: smtp-sink takes its own from the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from statistics import median
from zoneinfo import ZoneInfo

import aiosmtplib
import dkim
import jinja2
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.channels.email import SmtpChannel, SmtpSettings
from engine.language.workspace import read_workspace
from engine.messages.dkim import Signer, signing
from engine.messages.mime import build
from engine.messages.template import compile_message
from engine.model.message import MessageSource, Parcel
from engine.service.starter import starter_files

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CONNECTIONS = 4
FLOOR = 15.0
SENDER = "Example Shop <hello@shop.example>"
WAYS = ("https://mail.shop.example/u/abcdefghijklmnopqrstuvwxyz", "mailto:unsubscribe@shop.example")
KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def values_of(number: int) -> dict[str, object]:
    """Of one reader."""
    return values(f"Ada{number}", 80.0 + number % 90, f"Guitar {number}")


def values(name: str, total: float, item: str) -> dict[str, object]:
    """What a release keeps for the letter."""
    return {
        "contact": {"first_name": name},
        "trigger": {"items_count": 2, "total": total, "products": [{"name": item}]},
        "sender": {"postal_address": "Example Shop, Seestrasse 1, 8000 Zürich"},
        "transactional": False,
        "links": {"unsubscribe": WAYS[0]},
    }


def source() -> MessageSource:
    """The first reminder of the abandoned cart that `journeys init` makes."""
    workspace = read_workspace(starter_files())
    return workspace.journeys["abandoned-cart"].sources["first-reminder"]


# --- ours ----------------------------------------------------------------------------------------


def ours(letters: int, port: int) -> Callable[[], Awaitable[None]]:
    """Render, write, sign, hand over."""
    template = compile_message(source())
    sign = signing([Signer("shop.example", "s1", KEY)])
    zone = ZoneInfo("Europe/Zurich")

    def parcel(number: int) -> Parcel:
        content = template.render(values_of(number), locale="en", zone=zone, currency="EUR", now=NOW)
        to, id = f"reader{number}@customers.example", f"{number}.abc@shop.example"
        raw = build(
            content,
            sender=SENDER,
            to=to,
            message_id=id,
            date=NOW,
            unsubscribe=WAYS,
            list_id="cart.shop.example",
            topic="cart",
            journey="abandoned-cart",
        )
        return Parcel(number, "hello@shop.example", to, sign(raw, "shop.example", NOW), id)

    async def may_go(_parcel: Parcel) -> bool:
        return True

    async def carry(channel: SmtpChannel, numbers: Iterator[int]) -> None:
        for number in numbers:
            receipt = await channel.deliver(parcel(number), may_go)
            if receipt.kind != "sent":
                raise SystemExit(f"ours: {receipt}")

    async def run() -> None:
        settings = SmtpSettings(
            "127.0.0.1",
            port,
            tls="none",
            connections=CONNECTIONS,
            messages_per_connection=letters,
            source_name="shop.example",
        )
        channel, numbers = SmtpChannel(settings), iter(range(letters))
        await asyncio.gather(*(carry(channel, numbers) for _ in range(CONNECTIONS)))
        await channel.close()

    return run


# --- the yardstick -------------------------------------------------------------------------------


def usual(letters: int, port: int) -> Callable[[], Awaitable[None]]:
    """The same letters by the usual libraries."""
    page, text = templates()

    def mail(number: int) -> EmailMessage:
        given = {"name": f"Ada{number}", "total": 80.0 + number % 90, "item": f"Guitar {number}"}
        message = EmailMessage()
        message["From"] = SENDER
        message["To"] = f"reader{number}@customers.example"
        message["Subject"] = "Your cart is still here"
        message["Date"] = format_datetime(NOW)
        message["Message-ID"] = f"<{number}.abc@shop.example>"
        message["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in WAYS)
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["List-Id"] = "<cart.shop.example>"
        message["Feedback-ID"] = "abandoned-cart:cart:marketing:shop.example"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.render(given))
        message.add_alternative(page.render(given), subtype="html")
        return message

    async def carry(client: aiosmtplib.SMTP, numbers: Iterator[int]) -> None:
        for number in numbers:
            raw = mail(number).as_bytes().replace(b"\n", b"\r\n")
            signature = dkim.sign(raw, b"s1", b"shop.example", PEM, canonicalize=(b"relaxed", b"relaxed"))
            await client.sendmail("hello@shop.example", f"reader{number}@customers.example", signature + raw)

    async def run() -> None:
        numbers = iter(range(letters))
        clients = [
            aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="shop.example")
            for _ in range(CONNECTIONS)
        ]
        await asyncio.gather(*(client.connect() for client in clients))
        await asyncio.gather(*(carry(client, numbers) for client in clients))
        await asyncio.gather(*(client.quit() for client in clients))

    return run


def templates() -> tuple[jinja2.Template, jinja2.Template]:
    """Our own letter with Jinja's marks where its values stand: the page, and the text."""
    content = compile_message(source()).render(
        values("QNAMEQ", 4711.17, "QITEMQ"),
        locale="en",
        zone=ZoneInfo("Europe/Zurich"),
        currency="EUR",
        now=NOW,
    )
    page = jinja2.Environment(autoescape=True).from_string(_marked(content.html or ""))
    return page, jinja2.Environment(autoescape=False).from_string(_marked(content.text))  # noqa: S701  # a text


def _marked(text: str) -> str:
    for sign, mark in (
        ("QNAMEQ", "{{ name }}"),
        ("QITEMQ", "{{ item }}"),
        ("4,711.17", "{{ '%.2f' % total }}"),
    ):
        if sign not in text:
            raise SystemExit(f"the letter does not hold {sign}")
        text = text.replace(sign, mark)
    return text


# --- the run -------------------------------------------------------------------------------------


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink on a free port."""
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin:/usr/lib/postfix/sbin")
    if program is None:
        raise SystemExit("smtp-sink is not here: on Debian, apt install postfix")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with subprocess.Popen([program, "-u", "nobody", f"127.0.0.1:{port}", "100"]) as process:
        try:
            _await(port)
            yield port
        finally:
            process.terminate()


def _await(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("smtp-sink does not listen")


def seconds(work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Of the processor, and by the clock."""
    cpu, clock = time.process_time(), time.monotonic()
    asyncio.run(work())  # type: ignore[arg-type]  # both are coroutines
    return time.process_time() - cpu, time.monotonic() - clock


def main() -> None:
    """Exit code 1 below the floor."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    few = max(asked.letters // 5, 10)
    ratios, costs = [], []
    with sink() as port:
        for number in range(asked.rounds):
            mine, mine_clock = seconds(ours(asked.letters, port))
            theirs, _ = seconds(usual(few, port))
            mine, theirs = mine / asked.letters * 1e3, theirs / few * 1e3
            ratios.append(theirs / mine)
            costs.append(mine)
            print(
                f"round {number + 1}: {mine:.3f} ms of processor a letter ({asked.letters / mine_clock:,.0f} "
                f"letters/s by the clock), usual libraries {theirs:.2f} ms: {ratios[-1]:.1f} x"
            )
    print(f"{median(costs):.3f} ms a letter, {median(ratios):.1f} x the usual libraries (floor {FLOOR:g} x)")
    if median(ratios) < FLOOR:
        sys.exit(1)


if __name__ == "__main__":
    main()
