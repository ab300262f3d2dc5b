"""What every verb starts from: which workspace, which settings, which database, how to print."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from engine.language.workspace import Workspace
from engine.service.settings import Settings
from engine.store.database import Store
