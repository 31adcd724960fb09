"""Error bodies of Graph and SharePoint."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.adapters.http.wire_errors import error_codes, error_message


@pytest.mark.parametrize(
    ("document", "codes", "message"),
    [
        ({"error": {"code": "A", "message": "m"}}, ("A",), "m"),
        ({"error": {"code": "A", "innererror": {"code": "B", "innerError": {"code": "C"}}}}, ("A", "B", "C"), ""),
        ({"error": {"innererror": {"code": "B"}}}, ("B",), ""),
        (
            {"odata.error": {"code": "-1, System.X", "message": {"lang": "en-US", "value": "wörd"}}},
            ("-1, System.X",),
            "wörd",
        ),
        ({"error": "invalid_client"}, (), ""),
        ({"error": {"code": 5, "message": 5}}, (), ""),
        ({"value": []}, (), ""),
        ([], (), ""),
        ("x", (), ""),
    ],
)
def test_bodies(document: object, codes: tuple[str, ...], message: str) -> None:
    """Codes are read outermost first, in both spellings of innererror; other bodies have none."""
    body = json.dumps(document).encode()

    assert (error_codes(body), error_message(body)) == (codes, message)


@given(st.binary())
def test_any_bytes_are_tolerated(body: bytes) -> None:
    """A body that isn't JSON has no codes and no message."""
    assert isinstance(error_codes(body), tuple)
    assert isinstance(error_message(body), str)


def test_depth_is_bounded() -> None:
    """A body nested thousands deep is no code, rather than an exhausted stack."""
    node: dict[str, object] = {"code": "last"}
    for _ in range(300):
        node = {"code": "x", "innererror": node}

    assert error_codes(json.dumps({"error": node}).encode()) == ("x",) * 8
    assert error_codes(b'{"error":' * 5000 + b"1" + b"}" * 5000) == ()
