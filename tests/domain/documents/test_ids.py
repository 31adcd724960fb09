"""The names of what is stored and uploaded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import START
from upa_core.domain.documents.ids import (
    file_name,
    is_guid,
    is_run_id,
    moment_of,
    parse_file_name,
    run_id,
    upload_name,
)


@pytest.mark.slow
@given(st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True), st.integers(1, 10**6), st.integers(1, 12))
def test_a_name_in_the_library_tells_its_connector_and_run(connector: str, sequence: int, attempt: int) -> None:
    """Files, later uploads and log folders are told apart from everybody else's by name alone."""
    run = run_id(START, "7f3k")
    name = upload_name(file_name(connector, run, sequence), attempt)
    guid = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
    assert parse_file_name(name) == (connector, run)
    assert parse_file_name(f"{name.removesuffix('.json')}-{guid}-Logs") == (connector, run)
    assert parse_file_name(f"{name}.bak") is None
    assert moment_of(name) == START


@pytest.mark.parametrize("name", ["upa-hr.json", "upa-hr-20261122-1.json", "x-upa-hr-20261122T101500Z-7f3k-1.json"])
def test_names_that_arent_ours(name: str) -> None:
    """What merely looks like ours isn't touched."""
    assert parse_file_name(name) is None


@pytest.mark.parametrize(
    "run",
    [
        "２０２６1122T101500Z-7f3k",
        "20261122T101500Z-7f3",
        "20261122T101500Z-" + "a" * 17,
        "20261122T101500Z-7f3k\n",
        "20261122T101500Z-7F3K",
        "٢0261122T101500Z-7f3k",
    ],
)
def test_a_run_id_is_plain_ascii_and_bounded(run: str) -> None:
    """Digits of other scripts and long tokens make neither a run nor an import file of one."""
    assert not is_run_id(run)
    assert parse_file_name(f"upa-hr-{run}-1.json") is None


def test_an_import_files_number_and_connector_are_plain_ascii_and_bounded() -> None:
    """Each of them becomes part of a storage key."""
    run = "20261122T101500Z-7f3k"

    assert parse_file_name(f"upa-hr-{run}-1.json") == ("hr", run)
    for name in (f"upa-hr-{run}-１.json", f"upa-hr-{run}-1234567890.json", f"upa-{'h' * 41}-{run}-1.json"):
        assert parse_file_name(name) is None


def test_an_object_id_is_plain_ascii() -> None:
    """A GUID of full-width digits is none."""
    guid = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"

    assert (is_guid(guid), is_guid(guid.upper()), is_guid(guid.replace("5", "５")), is_guid(guid + "\n")) == (
        True,
        True,
        False,
        False,
    )
