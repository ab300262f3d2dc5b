"""`python runner.py VERB` is the same program as `journeys VERB`."""

from __future__ import annotations

import sys

from engine.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
