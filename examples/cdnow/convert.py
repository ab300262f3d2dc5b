"""Turns the CDNOW sample into a workspace's food: contacts.csv and events.jsonl.

    python -m examples.cdnow.convert DIR [--topic NAME]...

Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("cdnow_sample.txt")


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the source; `line` counts from 1."""

    line: int
    contact: str
    day: str  # 1997-01-01
    items: int
    total: float

    @property
    def at(self) -> str:
        """The file knows no hours."""
        return f"{self.day}T00:00:00Z"


def read_orders(source: Path = SOURCE) -> list[Order]:
    """All orders, in the order of the file: by customer."""
    lines = source.read_text(encoding="ascii").splitlines()
    return [_order(number, line) for number, line in enumerate(lines, start=1)]


def _order(number: int, line: str) -> Order:
    _, customer, date, items, dollars = line.split()
    return Order(number, f"c{customer}", f"{date[:4]}-{date[4:6]}-{date[6:]}", int(items), float(dollars))


def write_contacts(orders: Sequence[Order], topics: Sequence[str], file: Path) -> None:
    """One row for each customer, in order of id."""
    first = {order.contact: order for order in sorted(orders, key=lambda order: order.day, reverse=True)}
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        consent = [*(f"topics.{topic}" for topic in topics), *(["consent_source"] if topics else [])]
        table.writerow(["id", "email", "timezone", "created_at", *consent])
        for contact in sorted(first):
            row = [contact, f"{contact}@customers.example", "UTC", first[contact].at]
            table.writerow([*row, *("true" for _ in topics), *(["example"] if topics else [])])


def write_events(orders: Sequence[Order], file: Path) -> None:
    """One line for each order, in order of time."""
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for order in sorted(orders, key=lambda order: (order.day, order.line)):
            out.write(json.dumps(_event(order)) + "\n")


def _event(order: Order) -> dict[str, object]:
    return {
        "type": "track",
        "userId": order.contact,
        "event": "Order Completed",
        "timestamp": order.at,
        "messageId": f"cdnow-{order.line:05}",
        "properties": {"order_id": f"o-{order.line:05}", "total": order.total, "items": order.items},
    }


def convert(folder: Path, topics: Sequence[str] = ()) -> None:
    """Write both files into the folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    orders = read_orders()
    write_contacts(orders, topics, folder / "contacts.csv")
    write_events(orders, folder / "events.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.cdnow.convert")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the files are written there")
    parser.add_argument("--topic", action="append", default=[], metavar="NAME", help="all said yes to it")
    given = parser.parse_args()
    convert(given.folder, given.topic)
    print(f"Wrote {given.folder / 'contacts.csv'} and {given.folder / 'events.jsonl'}.")


if __name__ == "__main__":
    main()
