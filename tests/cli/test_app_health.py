"""`upa doctor --app`: what the function app says of itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.conftest import Office
from upa_cli.shell import exits
from upa_cli.work.app_health import ask_health, is_address

SENTENCE = "This package was built for Python 3.11 and runs on Python 3.13: set UPA_PYTHON_VERSION."


@contextmanager
def app(status: int, text: str = "") -> Iterator[str]:
    """Serve a function app whose health route answers so."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/api/health" else 404)
            self.send_header("Location", "https://elsewhere.example/")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "text", "severity", "evidence"),
    [
        (204, "", "ok", "the function app answers"),
        (503, SENTENCE, "error", SENTENCE),
        (503, "Function host is not running.", "error", "answers 503, not 204"),
        (302, "", "error", "answers 302, not 204"),
    ],
)
def test_the_doctor_tells_what_the_app_says(status: int, text: str, severity: str, evidence: str) -> None:
    """204 is well; the sentence about another Python is passed on; whatever else is an error with its status."""
    with app(status, text) as address:
        found = ask_health(address)

    assert found.severity == severity
    assert evidence in found.evidence
    assert bool(found.fix) is (severity == "error")


def test_an_app_that_does_not_answer_is_a_finding() -> None:
    """A refused connection is an error with the address, and no stack trace."""
    found = ask_health("http://127.0.0.1:9")

    assert (found.severity, found.check) == ("error", "app")
    assert "http://127.0.0.1:9/api/health doesn't answer" in found.evidence


@pytest.mark.parametrize(
    "text", ["func-upa", "http://func-upa.azurewebsites.net", "https://a.example/api?x=1", "file:///etc"]
)
def test_what_is_no_address_of_an_app_is_refused(text: str) -> None:
    """Only https and a host, or loopback, is asked."""
    assert not is_address(text)
    assert is_address("https://func-upa.azurewebsites.net/")


def test_the_command_reports_the_app_beside_its_connectors(office: Office) -> None:
    """`--app` adds the app's findings to the document, and their severity to the exit code."""
    with app(503, SENTENCE) as address:
        answer = office.upa("doctor", "--json", "--app", address)
    refused = office.upa("doctor", "--app", "func-upa")

    assert answer.json["app"][0]["evidence"] == SENTENCE
    assert answer.code == exits.FAILED
    assert refused.code == exits.USAGE
