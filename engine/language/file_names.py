"""Names of files: which ones the language reads, and what to say about a file that nobody would read.

A misnamed file must not be passed over in silence: its author believes that it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language import rules
from engine.language.messages import ENDINGS
from engine.model.fault import Fault, Severity
from engine.model.source import SourcePosition
from engine.model.spelling import suggest

ROOT = "journeys"
SOURCES = f"{ROOT}/sources/"
OWN_FILES = tuple(f"{ROOT}/{name}" for name in ("catalog.yaml", "segments.yaml", "lifecycle.yaml"))

_SHARED = ("catalog.yaml", "segments.yaml", "lifecycle.yaml")
_IN_FOLDER = ("journey.yaml", "tests.yaml")
_SPECIAL = ("_layouts", "sources")


def source_files(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """(file, name of the source): journeys/sources/NAME.yaml."""
    found = [(file, file.removeprefix(SOURCES)) for file in sorted(files) if file.startswith(SOURCES)]
    return [(file, name[:-5]) for file, name in found if name.endswith(".yaml") and "/" not in name]


def is_misplaced(file: str) -> bool:
    """Whether a file directly under journeys/ is most likely a shared file misspelt, and no journey."""
    parts = file.split("/")
    return len(parts) == 2 and parts[0] == ROOT and _misspelt_shared(parts[1]) is not None


def misplaced_files(files: Mapping[str, bytes]) -> Iterator[Fault]:
    """YAML files that nobody reads, and folders of messages without a journey."""
    for file in files:
        if file.startswith(f"{ROOT}/") and file.endswith((".yaml", ".yml")):
            yield from _odd_name(file, files)
    yield from _folders_without_journey(files)


def _odd_name(file: str, files: Mapping[str, bytes]) -> Iterator[Fault]:
    parts = file.split("/")[1:]
    name = parts[-1]
    if parts[0] == "_layouts":
        return
    if name.endswith(".yml"):
        right = name.removesuffix(".yml") + ".yaml"
        yield _odd(
            file, f"`{name}` is not read: files of journeys end in `.yaml`.", f"Rename it to `{right}`."
        )
    elif len(parts) == 1 and (shared := _misspelt_shared(name)) is not None:
        yield _odd(file, f"`{name}` is not read. Did you mean `{shared}`?", f"Rename it to `{shared}`.")
    elif parts[0] == "sources":
        if len(parts) > 2:
            yield _odd(file, f"`{'/'.join(parts)}` is not read.", "Put it directly into `journeys/sources`.")
    elif len(parts) == 2 and name not in _IN_FOLDER:
        yield _odd_in_folder(file, name, parts[0], files)
    elif len(parts) > 2:
        message = f"`{'/'.join(parts)}` is not read: it lies too deep."
        yield _odd(file, message, "Put each journey into a folder directly under `journeys`.")


def _odd_in_folder(file: str, name: str, folder: str, files: Mapping[str, bytes]) -> Fault:
    right = suggest(name, _IN_FOLDER, 0.8)
    if right is None and f"{ROOT}/{folder}/journey.yaml" not in files:
        right = "journey.yaml"
    hint = f" Did you mean `{right}`?" if right else ""
    help = (
        f"Rename it to `{right}`." if right else "Beside messages a folder holds journey.yaml and tests.yaml."
    )
    severity: Severity = "error" if right else "warning"
    return _fault(file, rules.ODD_FILE, f"`{name}` is not read.{hint}", help, severity)


def _misspelt_shared(name: str) -> str | None:
    if name in _SHARED or not name.endswith(".yaml"):
        return None
    right = suggest(name.removesuffix(".yaml"), [one.removesuffix(".yaml") for one in _SHARED], 0.8)
    return None if right is None else f"{right}.yaml"


def _folders_without_journey(files: Mapping[str, bytes]) -> Iterator[Fault]:
    """One complaint for each, at its first file; a YAML file there has been complained about."""
    with_journey = {
        file.split("/")[1]
        for file in files
        if file.endswith((".yaml", ".yml")) and file.count("/") > 1 and not file.endswith("/tests.yaml")
    }
    seen: set[str] = set()
    for file in files:
        parts = file.split("/")
        if parts[0] != ROOT or len(parts) != 3 or not parts[2].endswith(("tests.yaml", *ENDINGS)):
            continue
        folder = parts[1]
        if folder in (*_SPECIAL, *with_journey, *seen):
            continue
        seen.add(folder)
        message = f"The folder `{folder}` has no journey.yaml, so nothing in it ever runs."
        help = f"Add journeys/{folder}/journey.yaml, or move the files to their journey."
        yield _fault(file, rules.FOLDER_WITHOUT_JOURNEY, message, help)


def _odd(file: str, message: str, help: str) -> Fault:
    return _fault(file, rules.ODD_FILE, message, help)


def _fault(file: str, rule: str, message: str, help: str, severity: Severity = "error") -> Fault:
    return Fault(SourcePosition(file, 1, 1, 1, 1), severity, rule, message, help)
