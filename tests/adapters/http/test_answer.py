"""Bodies with half a surrogate pair: legal JSON that a strict decoder refuses."""

from __future__ import annotations

import pytest

from upa_core.adapters.http.answer import Answer
from upa_core.domain.errors import UnavailableError


def _answer(content: bytes) -> Answer:
    return Answer(200, {}, content, "GET graph delta", idempotent=True)


def test_one_persons_broken_value_doesnt_stop_the_page() -> None:
    """A lone surrogate in a page is decoded as it stands; the mapping will judge it."""
    assert _answer(b'{"value":[{"id":"a","city":"\\ud800"}]}').json() == {"value": [{"id": "a", "city": "\ud800"}]}


@pytest.mark.parametrize("content", [b"", b"{", b"<html>", b'{"a":NaN}', b"\xff"])
def test_what_isnt_json_is_still_a_failure_of_the_service(content: bytes) -> None:
    """Anything else that can't be decoded is asked for again."""
    with pytest.raises(UnavailableError):
        _answer(content).json()
