"""Reading a workspace's files from disk, within limits, for `language` to make sense of."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError
from engine.language.attachments import TYPES
from engine.language.workspace import ROOT, Workspace, read_workspace

_ENDINGS = (".yaml", ".yml", ".md", ".html", ".txt", ".mjml", ".json", *TYPES)

#: One byte more than the language reads, so that it can say that the file is too large.
_LARGEST = (1 << 20) + 1


def read_files(workspace: Path) -> dict[str, bytes]:
    """Every file of journeys/ that the language knows, by its path relative to the workspace."""
    root = workspace / ROOT
    if not root.is_dir():
        raise UsageError(
            f"there is no folder {ROOT}/ in {workspace}",
            "Make a workspace with `journeys init`, or name yours with --workspace DIR.",
        )
    files: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in _ENDINGS and path.is_file() and not _is_hidden(path, root):
            with path.open("rb") as file:
                files[path.relative_to(workspace).as_posix()] = file.read(_LARGEST)
    return files


def load_workspace(workspace: Path) -> Workspace:
    """The workspace as its files are now."""
    return read_workspace(read_files(workspace))


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)
