"""The page's document without a browser: what is escaped, what the policy names."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from upa_core.http_api.page import page, policy, tone

STATUS = {
    "connector": "staff",
    "state": "held",
    "since": "2026-11-22T10:15:00Z",
    "reason": "clears",
    "what_to_do": "upa approve",
    "escrow": {"total": 3},
    "people": {"known": 10},
    "moving": [
        {
            "what": "SharePoint has the import file",
            "done": 1,
            "of": 3,
            "unit": "import files",
            "expected": "2026-11-22T12:00:00Z",
        }
    ],
}
EVIL = "<img src=x onerror=alert(1)>\"'&"


def test_every_text_is_escaped() -> None:
    """Whatever a state document holds comes out as text."""
    answer = page(
        [{**STATUS, "reason": EVIL, "what_to_do": EVIL, "connector": EVIL, "since": EVIL}], "", css="", script=""
    )

    assert "<img" not in answer.body
    assert 'onerror=alert(1)>"' not in answer.body


def test_trouble_is_escaped_too() -> None:
    """Why nothing is known is a text as well."""
    assert "<img" not in page([], EVIL, css="", script="").body


def test_the_policy_names_the_script_and_style_of_the_document() -> None:
    """The hashes are those of the inline script and style."""
    answer = page([STATUS], "", css="p{color:red}", script="let a = 1")
    found = re.search(r"<script>(.*)</script>", answer.body)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()

    assert f"script-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"] == policy("p{color:red}", "let a = 1")


def test_quarantine_is_told_with_its_next_try_and_its_last_day() -> None:
    """Without script too; a decision that is waited for has no time, and what is switched off no next try."""
    on = {"probe": "pull", "off_since": None, "next_probe": "2026-11-22T10:30:00Z", "off_after": "2026-12-20T10:15:00Z"}
    off = {**on, "off_since": "2026-12-21T08:00:00Z", "next_probe": None, "off_after": None}
    waiting = {**on, "probe": "decision", "next_probe": None}
    shown, dark, held = (
        page([{**STATUS, "quarantine": one}], "", css="", script="").body for one in (on, off, waiting)
    )

    assert ">Sun 22 Nov 2026, 10:30 UTC<" in shown
    assert "<dt>switched off after</dt>" in shown
    assert "<dt>switched off</dt>" in dark
    assert "next try" not in dark
    assert "<dd>after the decision</dd>" in held


def test_what_moves_is_told_with_its_progress_and_its_expected_end() -> None:
    """Without script too."""
    told = "SharePoint has the import file 1 of 3 import files, expected to end Sun 22 Nov 2026, 12:00 UTC"

    assert told in page([STATUS], "", css="", script="").body


@pytest.mark.parametrize(
    ("state", "loudness"), [("healthy", "good"), ("paused", "neutral"), ("held", "warn"), ("quarantined", "loud")]
)
def test_a_state_is_as_loud_as_it_matters(state: str, loudness: str) -> None:
    """Unknown states are loud enough to be seen."""
    assert tone(state) == loudness
    assert tone("something new") == "warn"
