"""See it work: real purchases of 18 months, and a made-up shop week, through the real commands.

    make demo            or  python -m examples.demo [DIR]

Everything that runs here is what you would type yourself; each command is printed before it runs.
Mail goes over real SMTP to a small server of this demo on 127.0.0.1, and into a folder. Nobody gets mail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

from examples.cdnow.convert import convert
from examples.demo.letters import write_letters
from tests.support.smtp_server import mail_process

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "examples" / "shop"
CDNOW_UNTIL = "1998-06-30T00:00:00Z"
SHOP_UNTIL = "2026-04-15T00:00:00Z"

#: What the figures cannot say by themselves.
MUSIC_NOTE = """\
The orders are real, the letters are ours, so nobody could answer. Who does not answer the last letter of the
reactivation is taken off the lists at its step `let-go`; letters after that are counted as unsubscribed.
The goal of post-purchase is a review, and this data holds none."""
WEEK_NOTE = """\
Who these people are and what each should get stands in examples/shop/README.md. Two of the carts were ordered
after a reminder; whoever has no address, or did not say yes to the newsletter, is counted as not mailed."""


def main() -> None:
    """Two workspaces: what 2,357 customers bought, and one week of a shop."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo").resolve()
    began = time.monotonic()
    for left in ("data", "music-shop", "shop-week"):  # of the demo before this one, and nothing else
        shutil.rmtree(folder / left, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    say("1. Eighteen months of real orders: 2,357 customers of a music shop, 1997 and 1998")
    music = folder / "music-shop"
    convert(folder / "data")
    with mail_process(music / "mail") as port:
        prepare(music, port, only=("reactivation", "post-purchase"))
        journeys(music, "import", "contacts", str(folder / "data" / "contacts.csv"))
        journeys(music, "apply")
        journeys(music, "run", "--replay", str(folder / "data" / "events.jsonl"), "--until", CDNOW_UNTIL)
    report(music)
    print(MUSIC_NOTE)
    say("2. A made-up week of a small shop: welcome series and abandoned carts, over the change of clocks")
    week = folder / "shop-week"
    with mail_process(week / "mail") as port:
        prepare(week, port, only=("welcome-series", "abandoned-cart"))
        journeys(week, "import", "contacts", str(SHOP / "contacts.csv"))
        journeys(week, "apply")
        journeys(week, "run", "--replay", str(SHOP / "events.jsonl"), "--until", SHOP_UNTIL)
    report(week)
    print(WEEK_NOTE)
    say("3. Why did Ada get what she got?")
    journeys(week, "contact", "why", "ada")
    say(f"Done in {time.monotonic() - began:.0f} seconds. Look around:")
    look_around(folder, music, week)


def say(text: str) -> None:
    """A heading."""
    print(f"\n\033[1m{text}\033[0m\n" if sys.stdout.isatty() else f"\n{text}\n", flush=True)


def journeys(workspace: Path, *words: str, quiet: bool = False, is_shown: bool = True) -> str:
    """Run a command as one would type it; quiet hides the command, its output is shown or handed back."""
    command = [sys.executable, str(ROOT / "runner.py"), "--workspace", str(workspace), *words]
    if not quiet:
        shown = " ".join(short(word) for word in words)
        print(f"$ journeys --workspace {short(str(workspace))} {shown}", flush=True)
    kept = None if is_shown and not quiet else subprocess.PIPE
    done = subprocess.run(command, check=False, stdout=kept, text=True)
    if done.returncode != 0:
        sys.exit(f"`journeys {' '.join(words)}` ended with {done.returncode}; the demo stops here.")
    return done.stdout or ""


def short(word: str) -> str:
    """A path as seen from here."""
    return os.path.relpath(word) if word.startswith("/") else word


def prepare(workspace: Path, port: int, only: tuple[str, ...]) -> None:
    """A workspace with some of the four journeys, sending over SMTP to the server of this demo."""
    journeys(workspace, "init", is_shown=False)
    for journey in (workspace / "journeys").iterdir():
        if journey.is_dir() and not journey.name.startswith("_") and journey.name not in only:
            shutil.rmtree(journey)
    (workspace / "config.yaml").write_text(
        "# made by the demo: real SMTP, to a server on this machine that only files what it gets\n"
        "delivery: { email: smtp }\n"
        f"smtp: {{ host: 127.0.0.1, port: {port}, tls: none, connections: 16 }}\n"
        "unsubscribe_mailto: unsubscribe@shop.example\n"
    )
    print(f"Kept {' and '.join(sorted(only))}; config.yaml names the mail server of this demo.")
    journeys(workspace, "validate")
    journeys(workspace, "test")


def report(workspace: Path) -> None:
    """Who entered, what was mailed and who stands where; and a picture of each journey beside it."""
    journeys(workspace, "status")
    for journey in sorted((workspace / "journeys").iterdir()):
        if journey.is_dir():
            picture = journeys(workspace, "graph", journey.name, "--format", "mermaid", quiet=True)
            (workspace / f"{journey.name}.mmd").write_text(picture)


def look_around(folder: Path, *workspaces: Path) -> None:
    """Where everything is."""
    page = folder / "letters.html"
    kinds = write_letters(page, [workspace / "mail" for workspace in workspaces])
    print(f"Open {short(str(page))} in a browser: the first letter of each of the {kinds} kinds.\n")
    for workspace in workspaces:
        mails = sorted((workspace / "mail").glob("*.eml"))
        print(f"{len(mails):>6,} mails      {short(str(workspace / 'mail'))}/")
        if mails:
            first = message_from_bytes(mails[0].read_bytes(), policy=policy.default)
            print(f'{"":>6} for example {short(str(mails[0]))}: "{first["subject"]}" to {first["to"]}')
        for picture in sorted(workspace.glob("*.mmd")):
            print(f"{'':>6} picture     {short(str(picture))} (paste it into any Mermaid viewer)")
        print(f"{'':>6} database    {short(str(workspace / 'journeys.db'))}")
    week = short(str(workspaces[-1]))
    print(f"\nTry next:  .venv/bin/journeys --workspace {week} contact why ben")
    print(f"           .venv/bin/journeys --workspace {week} messages list")
    print("           docs/quickstart.md tells the rest.")


if __name__ == "__main__":
    main()
