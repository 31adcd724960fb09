"""What errors carry besides their message."""

from __future__ import annotations

from upa_core.domain.errors import PartlyReadError, RefusedError, ResyncRequiredError, RetryLaterError


def test_a_refusal_carries_its_code_and_details() -> None:
    """None of either where nobody gave any."""
    error = RefusedError("no", code="-1", details=("a",))

    assert (str(error), error.code, error.details) == ("no", "-1", ("a",))
    assert (RefusedError("no").code, RefusedError("no").details) == ("", ())


def test_a_resync_carries_its_code() -> None:
    """Nothing where the source gave none."""
    assert (str(ResyncRequiredError("void", code="x")), ResyncRequiredError("void", code="x").code) == ("void", "x")
    assert ResyncRequiredError("void").code == ""


def test_a_wait_carries_its_pause_and_status() -> None:
    """None of either where the service named none."""
    error = RetryLaterError("later", retry_after=3.0, status=503)

    assert (str(error), error.retry_after, error.status) == ("later", 3.0, 503)
    assert (RetryLaterError("later").retry_after, RetryLaterError("later").status) == (None, None)


def test_a_partial_answer_carries_both_parts() -> None:
    """Whoever can't do with a part waits."""
    error = PartlyReadError("some", {"a": None}, ("b",))

    assert (str(error), error.found, error.unread, error.retry_after) == ("some", {"a": None}, ("b",), None)
