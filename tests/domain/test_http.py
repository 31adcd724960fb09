"""What a caller of the HTTP API reads where something is wrong."""

from __future__ import annotations

from upa_core.domain.http import ProblemError, problem


def test_a_problem_is_in_the_form_of_rfc_9457() -> None:
    """Type, title, status and detail; headers as HTTP writes them."""
    answer = problem(429, "Too many", "come later", Retry_After="30")

    assert answer.status == 429
    assert answer.body == {"type": "about:blank", "title": "Too many", "status": 429, "detail": "come later"}
    assert answer.headers == {"Content-Type": "application/problem+json", "Retry-After": "30"}


def test_a_problem_says_its_detail() -> None:
    """Wherever it is caught."""
    assert str(ProblemError(problem(404, "Not found", "no such run"))) == "no such run"
