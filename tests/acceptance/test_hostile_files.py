"""`journeys validate` over files that are meant to break it: a place and words, quickly, in little memory.

What reading alone does with more of them is in tests/unit/language/test_yaml_text.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Runs a verb, and tells what it cost: seconds of the processor, and the most memory (0 where not known).
MEASURE = """\
import json, re, sys, time
from pathlib import Path
from engine.commands.main import main
code = main()
status = Path("/proc/self/status")
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text()) if status.exists() else None
cost = {"code": code, "seconds": time.process_time(), "kib": int(peak[1]) if peak else 0}
print(json.dumps(cost), file=sys.stderr)
"""

JOURNEY = b"dsl: 1\njourney: demo\ntrigger: { manual: true }\nsteps:\n  - { id: pause, wait: 1 day }\n"
ALIASES = b"a: &a [x, x]\n" + b"".join(
    b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % (98 + n, 98 + n, *[97 + n] * 9)
    for n in range(20)
)

HOSTILE = {
    "alias bomb": ALIASES,
    "100 MB": b"a: " + b"x" * 100_000_000,
    "20,000 levels": b"a: " + b"[" * 20_000,
    "python tag": b"a: !!python/object/apply:os.system ['touch broken-out']\n",
    "NUL": b"dsl: 1\n\0",
    "invalid UTF-8": b"name: Z\xfcrich\n",
}
FILES = ["demo/journey.yaml", "demo/tests.yaml", "catalog.yaml", "segments.yaml", "demo/hello.md"]


@dataclass(frozen=True)
class Done:
    output: str
    code: int
    seconds: float
    kib: int


def validate(workspace: Path) -> Done:
    given = [sys.executable, "-c", MEASURE, "--workspace", str(workspace), "validate"]
    done = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=False)
    *words, last = done.stderr.splitlines()
    cost = json.loads(last)
    return Done(done.stdout + "\n".join(words), cost["code"], cost["seconds"], cost["kib"])


def workspace(folder: Path, file: str, content: bytes) -> Path:
    for name, text in {"demo/journey.yaml": JOURNEY, file: content}.items():
        path = folder / "journeys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return folder


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_in_a_place_and_words(tmp_path: Path, name: str, file: str) -> None:
    front = b"---\n" if file.endswith(".md") else b""
    done = validate(workspace(tmp_path, file, front + HOSTILE[name]))
    assert done.code == 1, done.output
    assert f"journeys/{file}:" in done.output
    assert "Traceback" not in done.output
    assert done.seconds < 2
    assert done.kib < 200 * 1024
    assert not (tmp_path / "broken-out").exists()
    assert not (ROOT / "broken-out").exists()
