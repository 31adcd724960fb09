"""The names of what is stored and uploaded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import START
from upa_core.domain.documents.keys import file_name, moment_of, parse_file_name, run_id, upload_name


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
