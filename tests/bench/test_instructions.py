"""Counting instructions, on a machine without valgrind."""

from __future__ import annotations

import pytest

from bench.compare import instructions


def test_who_has_no_valgrind_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The message names valgrind and the command that installs it; nothing is counted, and there is no traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit) as told:
        instructions.main()

    assert "valgrind" in str(told.value.code)
    assert "apt-get install valgrind" in str(told.value.code)


def test_a_tenth_of_what_hashing_takes_is_counted() -> None:
    """Only the library's own lines, not those of who calls it: the line behind `calls=` is what the callee took."""
    part = "\n".join(
        [
            "events: Ir",
            "ob=(1) /usr/bin/python3",
            "fn=(1) main",
            "12 300",
            "cob=(2) /usr/lib/libcrypto.so.3",
            "cfn=(2) sha256",
            "calls=1 0",
            "12 2000",
            "+3 40",
            "ob=(2)",
            "fn=(2)",
            "0 2000",
            "* 60",
            "ob=(1)",
            "fn=(1)",
            "13 5",
            "totals: 2405",
        ]
    )

    assert instructions.counted(part) == 2405 - 0.9 * 2060
    assert instructions.counted("summary: 7\n") == 7
