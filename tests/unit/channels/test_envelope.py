"""Addresses in the letters of DNS, against spellings published elsewhere."""

from __future__ import annotations

import pytest

from engine.channels.smtp.envelope import to_ascii_domain


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada@shop.example", "ada@shop.example"),
        ("Ada@Shop.Example", "Ada@Shop.Example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),  # u and a separate diaeresis
        # Today's DNS keeps ß and the final sigma; by the older rules these are other domains (UTS 46, 4.1).
        ("ada@faß.de", "ada@xn--fa-hia.de"),
        ("ada@βόλος.com", "ada@xn--nxasmm1c.com"),
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("jürg@bücher.example", "jürg@xn--bcher-kva.example"),
        ('"a@b"@bücher.example', '"a@b"@xn--bcher-kva.example'),
        ("", ""),
    ],
)
def test_domains_are_written_in_dns_letters(address: str, written: str) -> None:
    assert to_ascii_domain(address) == written
