"""Which addresses may be called: those of the internet, and those inside that the operator allows by name.

A webhook's address is written by people who need not know our network. Judged is the address that a name
leads to, in the moment of connecting and by the very number that is dialled, so neither odd spellings
(127.1, 0x7f.1), numbers within numbers (::ffff:, 64:ff9b::, 2002:) nor a name that changes its mind get
through.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from engine.errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: RFC 6052 and RFC 8215: the last 32 bits are an IPv4 address.
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
#: Everything that is routed on the internet today (RFC 4291 2.4, RFC 3587).
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


def read_network(text: str) -> Network:
    """`10.0.0.0/8`, `127.0.0.1`, `fd00::/8`. Raises UsageError."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise UsageError(
            f"`allow: {text}` is no address of a network", "Write for example 10.1.0.0/16 or 10.1.2.3."
        ) from None


def is_refused(address: str, allowed: Sequence[Network]) -> bool:
    """Whether this resolved address may not be called."""
    found = ip_address(address.partition("%")[0])  # a zone index names an interface of ours
    if any(found in network for network in allowed if network.version == found.version):
        return False
    inner = _within(found)
    if inner is not None and any(inner in network for network in allowed if network.version == 4):
        return False
    return not all(_is_public(one) for one in (found, inner) if one is not None)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        is_carrier = _within(address) is not None
        return is_carrier or (address in _GLOBAL_UNICAST and address.is_global)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _within(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_embedded = any(address in network for network in _NAT64) or int(address) >> 32 == 0
    return IPv4Address(int(address) & 0xFFFFFFFF) if is_embedded else None
