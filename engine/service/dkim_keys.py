"""Keys for DKIM: loading what config.yaml names, making a key, and the record that the DNS is to hold."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from engine.errors import RefusedError, UsageError
from engine.messages.dkim import Key, Signer
from engine.service.dkim_config import DOMAIN, PEM, SELECTOR, DkimSetting

Kind = Literal["rsa", "ed25519"]

_BITS: Final = 2048


def signers_of(settings: Sequence[DkimSetting], workspace: Path) -> tuple[Signer, ...]:
    """The keys, ready to sign. UsageError with the place for one that cannot be used."""
    return tuple(Signer(one.domain, one.selector, _loaded(one, workspace)) for one in settings)


def _loaded(setting: DkimSetting, workspace: Path) -> Key:
    pem = setting.key.encode() if PEM in setting.key else _file(setting, workspace)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _useless(setting, "holds no private key in PEM without a password") from None
    if isinstance(key, RSAPrivateKey) and key.key_size < _BITS:
        raise _useless(setting, f"holds a key of {key.key_size} bits; receivers want {_BITS}")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise _useless(setting, "holds a key that is neither RSA nor Ed25519")
    return key


def _file(setting: DkimSetting, workspace: Path) -> bytes:
    try:
        return (workspace / setting.key).read_bytes()
    except OSError as error:
        raise _useless(setting, f"cannot be read: {error.strerror}") from None


def _useless(setting: DkimSetting, words: str) -> UsageError:
    name = "what stands here" if PEM in setting.key else f"`{setting.key}`"
    help = f"`journeys dkim create {setting.domain} --selector {setting.selector}` makes one."
    return UsageError(f"{setting.where}: {name} {words}", help)


# --- making one ---------------------------------------------------------------------------------


def make_key(file: Path, domain: str, selector: str, kind: Kind) -> Signer:
    """A new key in a file that only its owner reads. RefusedError where one is, UsageError for odd names."""
    if not DOMAIN.fullmatch(domain) or not SELECTOR.fullmatch(selector):
        raise UsageError(
            f"`{selector}` of `{domain}` cannot be a selector of a domain",
            "Write small letters, as in: journeys dkim create shop.example --selector s1",
        )
    key: Key = generate_private_key(65537, _BITS) if kind == "rsa" else Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
    except FileExistsError:
        raise RefusedError(
            f"{file} is there already", "Take another selector: old mail needs its key."
        ) from None
    return Signer(domain, selector, key)


def record_of(signer: Signer) -> tuple[str, str]:
    """Name and text of the TXT record for the DNS (RFC 6376, 3.6.1; RFC 8463, 4)."""
    public = signer.key.public_key()
    if isinstance(signer.key, RSAPrivateKey):
        kind, raw = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, raw = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = f"{signer.selector}._domainkey.{signer.domain}"
    return name, f"v=DKIM1; k={kind}; p={b64encode(raw).decode()}"
