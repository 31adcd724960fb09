"""What a caller of the HTTP API reads where something is wrong."""

from __future__ import annotations

import json

import pytest

from upa_core.domain.http import ProblemError, Response, own_origin, problem


def test_a_problem_is_in_the_form_of_rfc_9457() -> None:
    """Type, title, status and detail; headers as HTTP writes them."""
    answer = problem(429, "Too many", "come later", Retry_After="30")

    assert answer.status == 429
    assert answer.body == {"type": "about:blank", "title": "Too many", "status": 429, "detail": "come later"}
    assert answer.headers == {"Content-Type": "application/problem+json", "Retry-After": "30"}


def test_a_problem_says_its_detail() -> None:
    """Wherever it is caught."""
    assert str(ProblemError(problem(404, "Not found", "no such run"))) == "no such run"


def test_half_a_character_is_escaped() -> None:
    """No encoding can carry it; JSON may spell it out, and whole characters stay as they are."""
    sent = Response(200, {"name": "a\ud800ü👍"}).text

    assert sent.encode().decode() == '{"name": "a\\ud800ü👍"}'
    assert json.loads(sent) == {"name": "a\ud800ü👍"}
    assert Response(200, "<p>\udfff</p>").text == "<p>\\udfff</p>"


@pytest.mark.parametrize(
    ("url", "hostname", "origin"),
    [
        ("https://func.azurewebsites.net/api/runs", "func.azurewebsites.net", "https://func.azurewebsites.net"),
        ("https://FUNC.azurewebsites.net/api/runs", "func.azurewebsites.net", "https://FUNC.azurewebsites.net"),
        ("https://evil.example/api/runs", "func.azurewebsites.net", ""),
        ("https://evil.example/api/runs", "", ""),
        ("http://localhost:7071/api/runs", "", "http://localhost:7071"),
        ("http://127.0.0.1:7071/api/runs", "func.azurewebsites.net", "http://127.0.0.1:7071"),
        ("https://localhost.evil.example/", "", ""),
        ("javascript://localhost/%0aalert(1)", "", ""),
        ("https://[", "", ""),
        ("", "", ""),
    ],
)
def test_an_answers_addresses_name_this_app_or_nobody(url: str, hostname: str, origin: str) -> None:
    """A Host header that the caller invented is never echoed; the address is relative then."""
    assert own_origin(url, hostname) == origin
