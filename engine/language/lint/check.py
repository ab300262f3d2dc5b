"""Runs all lint rules over a workspace and gives each finding its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.document import Document
from engine.language.front_matter import read_front_matter
from engine.language.lint.contract import Finding, Rule
from engine.language.lint.subject import Shop, Subject
from engine.language.lint.table import LINT
from engine.language.workspace import Workspace
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake
from engine.model.policy import Cap
from engine.model.source import SourcePosition


def lint(workspace: Workspace, files: Mapping[str, bytes], caps: tuple[Cap, ...] = ()) -> list[Fault]:
    """What can be run, but is hardly meant. Journeys with errors are left out: they are mended first.

    `caps` are those of the installation, where they are known.
    """
    shop = Shop(workspace, files, caps)
    places = _Places(shop)
    found: dict[Fault, None] = {}
    for rule in LINT:
        for subject in shop.subjects:
            for finding in rule.check(subject):
                found[places.fault(rule, finding, subject)] = None
        for finding in rule.check_shop(shop):
            found[places.fault(rule, finding, None)] = None
    return list(found)


def unread_files(workspace: Workspace, files: Mapping[str, bytes]) -> Iterator[str]:
    """Files that lint has not looked at to the end, because their journey has errors."""
    for journey in workspace.journeys.values():
        if journey.document is None:
            folder = journey.file.rpartition("/")[0]
            yield from (file for file in files if file == journey.file or file.startswith(f"{folder}/"))


class _Places:
    """Documents of files that findings point into: journeys are at hand, others are read when needed."""

    def __init__(self, shop: Shop) -> None:
        self._files = shop.files
        self._documents = {subject.journey.file: subject.document for subject in shop.subjects}

    def fault(self, rule: Rule, finding: Finding, subject: Subject | None) -> Fault:
        """The finding as a fault with its line."""
        if finding.line:
            end = finding.column + finding.length
            position = SourcePosition(finding.file, finding.line, finding.column, finding.line, end)
            return Fault(position, rule.severity, rule.code, finding.message, finding.help)
        file = finding.file or ("" if subject is None else subject.journey.file)
        return self._document(file).fault(
            Mistake(finding.path, rule.code, finding.message, finding.help, finding.at_key, rule.severity)
        )

    def _document(self, file: str) -> Document:
        if file not in self._documents:
            text = self._files.get(file, b"")
            is_yaml = file.endswith(".yaml")
            self._documents[file] = read_yaml(text, file) if is_yaml else read_front_matter(text, file)[0]
        return self._documents[file]
