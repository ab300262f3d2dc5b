"""The workspace to start from: config, catalog, segments, the four classic journeys, schemas for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from engine.errors import RefusedError
from engine.language.schema import editor_schemas
from engine.language.shapes.pieces import Schema
from engine.language.shop_schema import shop_schemas
from engine.language.workspace import ROOT, Workspace
from engine.service.config_file import CONFIG

EXAMPLE = "config.example.yaml"

#: Where the files of sources lie that `journeys sources add` copies.
SOURCE_TEMPLATES = "examples/sources"

#: In an installed package the files lie here (setup.py puts them there); in a checkout they lie at its top.
_PACKAGED = Path(__file__).with_name("starter_files")
_CHECKOUT = Path(__file__).parents[2]


def starter_files() -> dict[str, bytes]:
    """Path in the new workspace → content."""
    source = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    files = {CONFIG: (source / EXAMPLE).read_bytes()}
    for path in sorted((source / ROOT).rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(source).parts):
            files[path.relative_to(source).as_posix()] = path.read_bytes()
    return files | {f"schemas/{name}": text.encode() for name, text in schema_texts().items()}


def source_templates() -> dict[str, bytes]:
    """Name → the file of a source to begin with."""
    source = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    return {path.stem: path.read_bytes() for path in sorted((source / SOURCE_TEMPLATES).glob("*.yaml"))}


def schema_texts() -> dict[str, str]:
    """File name → JSON Schema as it is written to disk."""
    return _texts(editor_schemas())


def shop_schema_texts(workspace: Workspace, files: Mapping[str, bytes]) -> dict[str, str]:
    """The same with this shop's names as completions, and two more for each journey."""
    return _texts(shop_schemas(workspace, files))


def _texts(schemas: Mapping[str, Schema]) -> dict[str, str]:
    return {name: json.dumps(schema, ensure_ascii=False, indent=2) + "\n" for name, schema in schemas.items()}


def make_workspace(folder: Path) -> list[str]:
    """Write the files; RefusedError, before anything is written, when one of them is there already."""
    files = starter_files()
    there = [name for name in files if (folder / name).exists()]
    if there:
        more = f" and {len(there) - 5} more" if len(there) > 5 else ""
        raise RefusedError(
            f"{folder} already holds {', '.join(there[:5])}{more}; nothing was written",
            "Name an empty or a new folder: journeys init DIR.",
        )
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return list(files)
