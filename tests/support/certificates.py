"""Certificates for servers on 127.0.0.1, made for each test run: nothing to renew, no key in the files."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def make_certificate(directory: Path, *, ip: str = "127.0.0.1") -> Path:
    """A self-signed certificate for this address with its key, in one PEM file; it is its own authority."""
    path = directory / f"certificate-{ip}-{len(list(directory.glob('*.pem')))}.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout - -out -"
    )
    names = ["-subj", f"/CN=test server {ip}", "-addext", f"subjectAltName=IP:{ip}"]
    path.write_bytes(subprocess.run([*command.split(), *names], check=True, capture_output=True).stdout)
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    """What a server needs to show this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
