"""The catalog that an import or export goes by."""

from __future__ import annotations

from engine.commands.context import Context
from engine.errors import FaultyError
from engine.language.catalog import Catalog, catalog_of, read_catalog
from engine.language.workspace import ROOT
from engine.service.running import CATALOG
from engine.store.database import Store


def catalog_for(context: Context, store: Store) -> Catalog:
    """The file that its author sees; on a machine without it, the one that was applied."""
    file = context.folder / ROOT / "catalog.yaml"
    if not file.is_file():
        return catalog_of(store.setting(CATALOG) or {})
    catalog, faults = read_catalog(file.read_bytes(), f"{ROOT}/catalog.yaml")
    wrong = [fault for fault in faults if fault.severity == "error"]
    if wrong:
        raise FaultyError("catalog.yaml has faults, so the types of values are not known", wrong)
    return catalog
