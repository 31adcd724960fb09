"""Counting instructions, on a machine without valgrind."""

from __future__ import annotations

import pytest

from bench import instructions


def test_who_has_no_valgrind_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The message names valgrind and the command that installs it; nothing is counted, and there is no traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit) as told:
        instructions.main()

    assert "valgrind" in str(told.value.code)
    assert "apt-get install valgrind" in str(told.value.code)
