"""Every verb of the command line. A new one is a file here with a `command`, and its line in this table.

Modules are named as text and imported only when their verb is used, so that the program starts at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`module` holds a click command called `command`; `summary` is the first line of its help."""

    module: str
    summary: str


VERBS: Mapping[str, Line] = {
    "init": Line("engine.commands.init", "Make a workspace to start from."),
    "validate": Line("engine.commands.validate", "Find every fault in the files."),
    "explain": Line("engine.commands.explain", "Tell what a code of validation means."),
    "test": Line("engine.commands.test", "Run the tests of the journeys on a virtual clock."),
    "simulate": Line("engine.commands.simulate", "Tell what would happen to one contact."),
    "preview": Line("engine.commands.preview", "Show a message as one contact would read it."),
    "backtest": Line("engine.commands.backtest", "Replay history through a journey and count."),
    "apply": Line("engine.commands.apply", "Make the journeys of the files run."),
    "run": Line("engine.commands.run", "Run the daemon."),
    "dev": Line("engine.commands.dev", "Apply, run and tell what happens, on this machine alone."),
    "import": Line("engine.commands.import_", "Bring in contacts, events, products, coupons, suppressions."),
    "export": Line("engine.commands.export", "Bring out contacts, events, suppressions, messages."),
    "enroll": Line("engine.commands.enroll", "Let a contact enter a manual journey."),
    "leave": Line("engine.commands.leave", "Let one contact leave a journey."),
    "pause": Line("engine.commands.pause", "Keep everybody in a journey where they stand."),
    "resume": Line("engine.commands.resume", "Let a journey go on that a command held."),
    "drain": Line("engine.commands.drain", "Let nobody enter a journey any more; the rest finish."),
    "stop": Line("engine.commands.stop", "Let everybody leave a journey."),
    "contact": Line("engine.commands.contact", "One person: what is known, and why they got mail or not."),
    "suppress": Line("engine.commands.suppress", "Addresses to which nothing goes."),
    "status": Line("engine.commands.status", "What is going on in each journey."),
    "lifecycle": Line("engine.commands.lifecycle", "Stages: who is where, and what no journey covers."),
    "failures": Line("engine.commands.failures", "What did not leave, by cause, and trying it again."),
    "messages": Line("engine.commands.messages", "The outbox."),
    "dkim": Line("engine.commands.dkim", "Keys with which mail is signed."),
    "db": Line("engine.commands.db", "Create, upgrade and check the database."),
    "bounce": Line("engine.commands.bounce", "Tell what returned mails say, and act on it."),
    "keys": Line("engine.commands.keys", "Keys of the HTTP API."),
    "sources": Line("engine.commands.sources", "Webhooks of shops and desks: begin, try out, look."),
    "graph": Line("engine.commands.graph", "Draw a journey."),
    "fmt": Line("engine.commands.fmt", "Tidy YAML files; comments and meaning stay."),
    "schema": Line("engine.commands.schema", "Write the JSON Schemas for editors."),
}

#: Verbs of the product that this version does not run: refused by name rather than unknown.
LATER = frozenset("migrate diff plan report forecast doctor".split())
