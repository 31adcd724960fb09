"""The page about the old SOAP service shows what its client really writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks

CAPTURED = ROOT.parent / "shared" / "data" / "asmx-golden"
PAGE = DOCS / "explanation" / "asmx.md"
SHOWN = ["".join(line.strip() for line in block.text.splitlines()) for block in blocks("xml") if block.page == PAGE]
CALLS = ("count", "get-by-index", "get-by-name", "modify", "schema")


@pytest.mark.parametrize("call", CALLS)
def test_an_envelope_is_the_captured_one_byte_for_byte(call: str) -> None:
    """Line breaks and indentation are the page's; everything else was written by the client."""
    file: Path = CAPTURED / f"{call}.xml"
    if not file.is_file():
        pytest.skip(f"{file.name}: the captured requests aren't beside the project")

    assert file.read_bytes() in [shown.encode() for shown in SHOWN]


def test_each_call_is_shown_once() -> None:
    """Five calls, five envelopes."""
    assert len({*SHOWN}) == len(SHOWN) == len(CALLS)
