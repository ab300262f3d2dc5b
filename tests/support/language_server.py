"""yaml-language-server in a process of its own, spoken to as VS Code does: completion and complaints.

It comes from npm into a scratch folder, pinned to one version. Where node, npm or the network is missing,
`install` answers why instead.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, BinaryIO

from tests.support import npm

VERSION = "1.25.0"
_PATIENCE = 60  # seconds for one answer, on a busy machine
_SETTINGS = {
    "validate": True,
    "completion": True,
    "hover": False,
    "schemaStore": {"enable": False},
    "format": {"enable": False},
}


def install(folder: Path) -> str | None:
    """Put the server into the folder; None when it is there, otherwise why it cannot be."""
    return npm.install(folder, f"yaml-language-server@{VERSION}")


class LanguageServer:
    """One running server. Use it in a `with`."""

    def __init__(self, folder: Path) -> None:
        program = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
        self._process = subprocess.Popen(
            ["node", str(program), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._heard: Queue[dict[str, Any] | None] = Queue()
        self._listener = Thread(target=_listen, args=(self._from, self._heard), daemon=True)
        self._listener.start()
        self._number = 0

    def __enter__(self) -> LanguageServer:
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": _CAPABILITIES})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": {"yaml": _SETTINGS}})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self._to.close()
        self._from.close()

    def complaints(self, file: Path, text: str) -> list[tuple[int, str]]:
        """Line (from 1) and words of everything that an editor would underline."""
        uri = self._open(file, text)
        while True:
            heard = self._next()
            if heard.get("method") == "textDocument/publishDiagnostics" and heard["params"]["uri"] == uri:
                found = heard["params"]["diagnostics"]
                return [(one["range"]["start"]["line"] + 1, one["message"]) for one in found]

    def completions(self, file: Path, text: str) -> set[str]:
        """What is offered where the text has a `|`."""
        before, _, after = text.partition("|")
        uri = self._open(file, before + after)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        answer = self._ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": place})
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"] for item in items}

    def _open(self, file: Path, text: str) -> str:
        """Each time a document of its own, so that no answer is about an earlier text."""
        self._number += 1
        uri = file.with_name(f"{file.stem}-{self._number}{file.suffix}").as_uri()
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": item})
        return uri

    # --- JSON-RPC -----------------------------------------------------------------------------------

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while True:
            heard = self._next()
            if heard.get("id") == number and "method" not in heard:
                assert "error" not in heard, heard
                return heard["result"]

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self._to.flush()

    def _next(self) -> dict[str, Any]:
        """The next message; questions of the server are answered on the way."""
        try:
            heard = self._heard.get(timeout=_PATIENCE)
        except Empty:
            raise AssertionError(f"the language server said nothing for {_PATIENCE} seconds") from None
        assert heard is not None, "the language server has ended"
        if "id" in heard and "method" in heard:
            self._send({"id": heard["id"], "result": _answer(heard)})
        return heard


_CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
}


def _answer(question: dict[str, Any]) -> Any:
    if question["method"] != "workspace/configuration":
        return None
    return [_SETTINGS if item.get("section") == "yaml" else {} for item in question["params"]["items"]]


def _listen(source: BinaryIO, heard: Queue[dict[str, Any] | None]) -> None:
    while True:
        length = 0
        while (line := source.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            heard.put(None)
            return
        heard.put(json.loads(source.read(length)))
