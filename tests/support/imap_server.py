"""Dovecot for tests, on 127.0.0.1 and ports of its own, as root or not: a real IMAP server, one mailbox."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.support.returns import into_maildir

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
WHY_NOT = "there is no dovecot on this machine (on Debian: apt-get install dovecot-imapd)"

USER, PASSWORD = "bounces", "hunter2-of-imap"

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{folder}/mail
first_valid_uid = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """`port` speaks STARTTLS or nothing, `tls_port` TLS from the first byte on."""

    folder: Path
    port: int
    tls_port: int

    @property
    def maildir(self) -> Path:
        """Where mail lies."""
        return self.folder / "mail"

    def deliver(self, name: str, mail: bytes) -> None:
        """As a delivery agent does, which works under the name of the mailbox."""
        into_maildir(self.maildir, f"{uuid4().hex}.{name}", mail)
        if os.getuid() == 0:
            for place in (self.maildir, *self.maildir.rglob("*")):
                os.chown(place, *_nobody())


def _nobody() -> tuple[int, int]:
    """Root's mail is nobody's: Dovecot works for no mailbox of root."""
    found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid


@contextmanager
def imap_server(folder: Path, cert: Path, key: Path) -> Iterator[ImapServer]:
    """Up and answering; gone afterwards. Its own users must be able to walk to `folder`."""
    assert PROGRAM is not None
    (folder / "run").mkdir()
    (folder / "mail").mkdir()
    if os.getuid() == 0:
        os.chown(folder / "mail", *_nobody())
    server = ImapServer(folder, _free_port(), _free_port())
    config = folder / "dovecot.conf"
    config.write_text(_config(server, cert, key))
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _config(server: ImapServer, cert: Path, key: Path) -> str:
    is_root = os.getuid() == 0
    own = getpass.getuser()
    group = "dovecot" if is_root else grp.getgrgid(os.getgid()).gr_name
    return _CONFIG.format(
        folder=server.folder,
        cert=cert,
        key=key,
        internal="dovecot" if is_root else own,
        group=group,
        login="dovenull" if is_root else own,
        password=PASSWORD,
        uid=_nobody()[0] if is_root else os.getuid(),
        gid=_nobody()[1] if is_root else os.getgid(),
        port=server.port,
        tls_port=server.tls_port,
    )


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(server: ImapServer, process: subprocess.Popen[bytes]) -> None:
    """Until it greets: a server of somebody else's needs a moment to begin."""
    log = server.folder / "log"
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", server.port), 5) as line:
                if line.recv(100).startswith(b"* OK"):
                    return
        except OSError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log.exists() else "dovecot did not start")
