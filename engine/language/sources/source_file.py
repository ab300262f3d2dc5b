"""One source file: is it written as its schema says, and does it fit the catalog and itself?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.conditions import rules as condition_rules
from engine.conditions.vocabulary import BUILT_IN_EVENTS, CONTACT_FIELDS, TOLD
from engine.errors import ReadError
from engine.language import rules
from engine.language.catalog import Catalog
from engine.language.document import Document
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.sources.paths import PayloadPath, read_path
from engine.language.sources.schema import SOURCE
from engine.language.sources.schemes import OWN_KEYS, SCHEMES, Scheme
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Path
from engine.model.proof import KEYS
from engine.model.spelling import did_you_mean
from engine.steps.rules import UNKNOWN_TOPIC

_SHAPE = shape_of(SOURCE)
_VARIABLE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
#: https, and plain http to this machine alone, to try it out; nothing of a payload chooses the host.
_URL: Final = re.compile(r"(https://[^/\s?#@{}]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)/[^\s#]*")
_SECRET_HEADER: Final = re.compile(r"auth|key|token|secret|password", re.IGNORECASE)
_SIGNED: Final = re.compile(r"\{([^{}]*)\}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: What is no attribute where a contact is written as JSON: whoever it is, what it agreed to, what was proven.
NOT_ATTRIBUTES: Final = frozenset(
    ("id", "stage", "topics", "consent", "suppressed", "paused_until", "history", *KEYS)
)
#: Keys whose values are paths, in a rule and in what stands in it.
_PATHS: Final = ("path", "currency", "each")
#: Ways to read a value of which one excludes the others.
_WHENCE: Final = ("path", "constant", "join", "each")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`plain` is what apply keeps: None when an error stands in the way, and the last good one goes on."""

    id: str
    file: str
    plain: Mapping[str, Any] | None
    faults: tuple[Fault, ...]


def read_source(text: bytes, file: str, id: str, catalog: Catalog) -> SourceFile:
    """Read one file; `id` is its name without the ending, and the end of the address."""
    document = read_yaml(text, file)
    reading = _Reading(document, catalog, list(document.faults))
    data: Any = None
    if document.is_whole and not _is_stopped(document):
        data = written_text(document.data, SOURCE, document, ())
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
            message = f"`{id}` cannot be the name of a source: it is the end of an address."
            help = "Call the file by small letters, digits and hyphens, such as `my-shop.yaml`."
            reading.say((), rules.BAD_ID, message, help)
        if check_shape(data, _SHAPE, (), reading.report):
            reading.check(data)
    is_right = all(fault.severity != "error" for fault in reading.faults)
    return SourceFile(id, file, data if is_right else None, tuple(reading.faults))


def _is_stopped(document: Document) -> bool:
    return not document.data and any(fault.severity == "error" for fault in document.faults)


@dataclass(slots=True)
class _Reading:
    """The checks that a schema cannot make."""

    document: Document
    catalog: Catalog
    faults: list[Fault] = field(default_factory=list)
    _can_fetch: bool = False  # whether the rule that is looked at asks the other system

    def report(self, mistake: Mistake) -> None:
        self.faults.append(self.document.fault(mistake))

    def say(self, path: Path, rule: str, message: str, help: str, *, at_key: bool = False) -> None:
        self.report(Mistake(path, rule, message, help, at_key))

    def check(self, data: Mapping[str, Any]) -> None:
        scheme = SCHEMES[data["signature"]["scheme"]]
        self._signature(data["signature"], scheme)
        self._path_or_paths(data.get("select"), ("select",))
        self._path_or_paths(data.get("each"), ("each",))
        for index, rule in enumerate(data["take"]):
            self._rule(rule, ("take", index), data, _as_described(scheme, data["signature"]))
        self._not_in_catalog(data)

    # --- signature ---

    def _signature(self, plain: Mapping[str, Any], scheme: Scheme) -> None:
        path: Path = ("signature",)
        for place, secret in _listed(plain["secret"], (*path, "secret")):
            if not _VARIABLE.search(secret):
                message = "The secret itself must not stand in the file."
                help = 'Write secret: "${SHOP_WEBHOOK_SECRET}" and set that variable where the daemon runs.'
                self.say(place, rules.NOT_A_VARIABLE, message, help)
        own = OWN_KEYS.get(scheme.word, ())
        for key in plain:
            if key not in (*own, "scheme", "secret"):
                message = f"`{key}` does not go with `scheme: {scheme.word}`, which knows its own."
                help = "Take it away, or describe the signature yourself with `scheme: hmac`."
                self.say((*path, key), rules.SIGNATURE_KEY, message, help, at_key=True)
        wanted = {"hmac": "header", "basic": "user"}.get(scheme.word)
        if wanted and wanted not in plain:
            message = f"`scheme: {scheme.word}` needs `{wanted}`."
            sample = {"header": "header: X-Signature", "user": "user: insightly"}[wanted]
            self.say((*path, "scheme"), rules.SIGNATURE_KEY, message, f"Add for example `{sample}`.")
        for key in ("header", "timestamp"):
            if key in plain and not _TOKEN.fullmatch(plain[key]):
                message = f"`{plain[key]}` is no name of a header."
                sample = f"`{key}: X-{key.capitalize()}`"
                self.say((*path, key), rules.SIGNATURE_KEY, message, f"Write for example {sample}.")
        self._signed(plain, path)

    def _signed(self, plain: Mapping[str, Any], path: Path) -> None:
        if "signs" not in plain:
            if "timestamp" in plain:
                message = "`timestamp` is of no use: `signs` does not say that it is signed."
                help = 'Write how, such as signs: "{timestamp}.{body}".'
                self.say((*path, "timestamp"), rules.SIGNATURE_KEY, message, help, at_key=True)
            return
        place, names = (*path, "signs"), _SIGNED.findall(plain["signs"])
        known = ("body", "timestamp", "method", "url")
        for name in names:
            if name not in known and not (name.startswith("header.") and _TOKEN.fullmatch(name[7:])):
                message = f"`{{{name}}}` is nothing that can be signed.{did_you_mean(name, known)}"
                help = "Write `{body}`, `{timestamp}`, `{method}`, `{url}` or `{header.NAME}`."
                self.say(place, rules.SIGNATURE_KEY, message, help)
        if "body" not in names:
            message = "`signs` leaves the body out, so anybody could change it."
            self.say(place, rules.SIGNATURE_KEY, message, 'Write for example signs: "{timestamp}.{body}".')
        if ("timestamp" in names) != ("timestamp" in plain):
            message = "`signs` and `timestamp` belong together: one says where the time stands, one how it is"
            message += " signed."
            help = 'Write both, such as `timestamp: X-Timestamp` with signs: "{timestamp}.{body}".'
            self.say(place, rules.SIGNATURE_KEY, message, help)

    # --- rules ---

    def _rule(self, rule: Mapping[str, Any], path: Path, data: Mapping[str, Any], scheme: Scheme) -> None:
        if "when" in rule and "select" not in data:
            message = "`when` compares with what `select` leads to, and the file has no `select`."
            help = "Write at the top where a request says what it is about, such as `select: type`."
            self.say((*path, "when"), rules.NO_SELECT, message, help, at_key=True)
        self._can_fetch = "fetch" in rule
        self._fetch(rule.get("fetch"), (*path, "fetch"))
        own = (*path, "contact") if "contact" in rule else ("contact",)
        self._contact(rule.get("contact") or data.get("contact"), own)
        if "contact" not in rule and "contact" not in data:
            message = "Nothing says who the contact is."
            help = "Write `contact: {email: email}` at the top of the file, or in this rule."
            self.say(path, rules.NO_CONTACT, message, help, at_key=True)
        gives = ("event", "attributes", "attributes_from", "consent")
        who = rule.get("contact") or data.get("contact") or {}
        if not any(key in rule for key in gives) and not ("anonymous" in who and len(who) > 1):
            message = "Nothing comes of this rule."
            self.say(path, rules.NOTHING_TAKEN, message, "Add `event: …`, or `attributes: …`.", at_key=True)
        self._where(rule.get("where"), (*path, "where"))
        for name in rule.get("attributes", ()):
            if name in NOT_ATTRIBUTES:
                message = f"`{name}` is no attribute that a source may set."
                help = "Write `contact:` for who it is, `consent:` for what it agreed to."
                self.say((*path, "attributes", name), rules.BUILT_IN_NAME, message, help, at_key=True)
        for key in ("attributes", "properties"):
            for name, value in (rule.get(key) or {}).items():
                self._value(value, (*path, key, name))
            self._pairs(rule.get(f"{key}_from"), (*path, f"{key}_from"))
        self._path_or_paths(rule.get("at"), (*path, "at"))
        self._id(rule.get("id"), (*path, "id"), scheme)
        for index, consent in enumerate(rule.get("consent", ())):
            self._consent(consent, (*path, "consent", index))
        self._names(rule, path)

    def _fetch(self, plain: Mapping[str, Any] | None, path: Path) -> None:
        if plain is None:
            return
        if not _URL.fullmatch(_VARIABLE.sub("x", plain["url"])):
            message = "This is no address that can be asked."
            help = "Write https://HOST/…, with paths of the payload in braces behind the host only."
            self.say((*path, "url"), rules.FETCH_ADDRESS, message, help)
        for text in _BRACES.findall(_VARIABLE.sub("", plain["url"])):
            found = self._path(text, (*path, "url"))
            if found is not None and found.root == "fetched":
                message = f"`{{{text}}}` would be known only from the answer."
                self.say((*path, "url"), rules.FETCH_ADDRESS, message, "Name a path of the payload.")
        for name, text in plain.get("headers", {}).items():
            place = (*path, "headers", name)
            if not _TOKEN.fullmatch(name) or name.lower() in ("host", "content-length"):
                message = f"`{name}` cannot be a header here."
                self.say(place, rules.FETCH_ADDRESS, message, "Take it away.", at_key=True)
            elif _SECRET_HEADER.search(name) and not _VARIABLE.search(text):
                message = "The secret itself must not stand in the file."
                variable = re.sub(r"\W+", "_", name).upper()
                help = f'Write {name}: "${{{variable}}}" and set that variable where the daemon runs.'
                self.say(place, rules.NOT_A_VARIABLE, message, help)

    def _id(self, plain: Any, path: Path, scheme: Scheme) -> None:
        for place, text in _listed(plain, path):
            found = self._path(text, place)
            if found is None or found.root != "header" or scheme.kind != "hmac":
                continue
            if not scheme.covers(str(found.steps[0])):
                message = f"`{text}` is not signed: whoever has one request could send it again as a new one."
                help = "Name something in the payload, or take `id` away: then its content makes it one."
                self.say(place, rules.UNSIGNED_ID, message, help)

    def _contact(self, plain: Any, path: Path) -> None:
        for key, value in (plain or {}).items():
            self._value(value, (*path, key))

    def _pairs(self, plain: Any, path: Path) -> None:
        if plain is not None:
            for key in ("each", "name", "value"):
                self._path_or_paths(plain[key], (*path, key))

    def _consent(self, plain: Mapping[str, Any], path: Path) -> None:
        for key in ("path", "at"):
            self._path_or_paths(plain.get(key), (*path, key))
        topic, known = plain.get("topic"), self.catalog.topics
        if topic is not None and known is not None and topic not in known:
            message = f"catalog.yaml has no topic `{topic}`.{did_you_mean(topic, known)}"
            self.say((*path, "topic"), UNKNOWN_TOPIC, message, "Write one of its `topics`, or add it there.")

    # --- values ---

    def _value(self, plain: Any, path: Path) -> None:
        """A path, or a mapping that says how to read the value."""
        if not isinstance(plain, Mapping):
            self._path_or_paths(plain, path)
            return
        whence = [key for key in _WHENCE if key in plain]
        if len(whence) != 1:
            together = " and ".join(f"`{key}`" for key in whence)
            message = f"{together} stand together." if whence else "Nothing says where the value comes from."
            help = "Write `path: …`, or one of `constant`, `join`, `each` in its place."
            self.say(path, rules.VALUE_WHENCE, message, help, at_key=True)
        for key in _PATHS:
            self._path_or_paths(plain.get(key), (*path, key))
        for place, text in _listed(plain.get("join"), (*path, "join")):
            self._path(text, place)
        if "currency" in plain and plain.get("as") != "minor_units":
            message = "`currency` tells how many minor units there are, so it goes with `as: minor_units`."
            self.say((*path, "currency"), rules.VALUE_WHENCE, message, "Add it, or take `currency` away.")
        if "with" in plain and "join" not in plain:
            message = "`with` stands between the parts of a `join`, and there is none."
            self.say((*path, "with"), rules.VALUE_WHENCE, message, "Take it away, or write `join: [a, b]`.")
        self._where(plain.get("where"), (*path, "where"))
        for name, one in (plain.get("fields") or {}).items():
            self._value(one, (*path, "fields", name))

    def _where(self, plain: Any, path: Path) -> None:
        for where in plain or ():
            self._path(where, (*path, where), at_key=True)

    def _path_or_paths(self, plain: Any, path: Path) -> None:
        for place, text in _listed(plain, path):
            self._path(text, place)

    def _path(self, text: str, path: Path, *, at_key: bool = False) -> PayloadPath | None:
        try:
            found = read_path(text)
        except ReadError as error:
            self.say(path, rules.PAYLOAD_PATH, error.message, error.help, at_key=at_key)
            return None
        if found.root == "fetched" and not self._can_fetch:
            message = f"`{text}` is in the answer of the other system, which is not asked here."
            help = "Add `fetch: {url: https://…}` to the rule."
            self.say(path, rules.NOT_FETCHED, message, help, at_key=at_key)
        return found

    # --- names ---

    def _names(self, rule: Mapping[str, Any], path: Path) -> None:
        """An event that no journey can name yet is a warning, because it is kept all the same."""
        event, events = rule.get("event"), self.catalog.events
        if event in TOLD:
            message = f"`{event}` is told by the engine itself, and by nobody else."
            help = "Give the event of the other system a name of its own."
            self.say((*path, "event"), rules.BUILT_IN_NAME, message, help)
        elif event is not None and events is not None and event not in {**events, **BUILT_IN_EVENTS}:
            message = f"catalog.yaml has no event `{event}`.{did_you_mean(event, events)}"
            help = "Add it to `events` there, so that journeys may name it."
            place = (*path, "event")
            self.report(Mistake(place, condition_rules.UNKNOWN_EVENT, message, help, severity="warning"))

    def _not_in_catalog(self, data: Mapping[str, Any]) -> None:
        """One remark for the whole file: most of what a system tells, no journey ever names."""
        lacking = [f"{of} ({', '.join(names)})" for of, names in self._lacking(data["take"]) if names]
        if lacking:
            message = f"catalog.yaml does not name all that this source tells: {'; '.join(lacking)}."
            help = "Add there what a journey or a message is to name; the rest is kept all the same."
            self.report(Mistake(("take",), rules.NOT_IN_CATALOG, message, help, True, "info"))

    def _lacking(self, take: list[Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
        attributes, events = self.catalog.attributes, self.catalog.events or {}
        if attributes is not None:
            known = {*attributes, *CONTACT_FIELDS, *NOT_ATTRIBUTES}
            named = [name for rule in take for name in rule.get("attributes", ())]
            yield "contact", [name for name in dict.fromkeys(named) if name not in known]
        for event in dict.fromkeys(rule["event"] for rule in take if "event" in rule):
            declared = events.get(event)
            named = [n for rule in take if rule.get("event") == event for n in rule.get("properties", ())]
            yield event, [n for n in dict.fromkeys(named) if declared is not None and n not in declared]


def _as_described(scheme: Scheme, plain: Mapping[str, Any]) -> Scheme:
    """The scheme with what the file says of it, as far as it matters here."""
    if scheme.word != "hmac":
        return scheme
    return Scheme("hmac", "", header=plain.get("header", ""), signs=plain.get("signs", "{body}"))


def _listed(plain: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """One text or a list of them, each with its place."""
    if isinstance(plain, str):
        yield path, plain
    elif isinstance(plain, list):
        yield from (((*path, index), one) for index, one in enumerate(plain))
