"""`upa` in a terminal: a pseudo-terminal with somebody who types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
IN_A_TERMINAL = """\
import os, signal
from upa_cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background ignores it
os.close(os.open(os.ttyname(0), os.O_RDWR))  # the terminal becomes the session's own: Ctrl-C is a signal
main()
"""
CTRL_C, CTRL_D = "\x03", "\x04"


def talk(
    folder: Path, arguments: Sequence[str], answers: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run `upa` in a pseudo-terminal, answer its questions; returns exit code and what the terminal shows."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPA_")}
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "160", "TERM": "xterm", **(environ or {"NO_COLOR": "1"})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, typed = b"", b""
    waiting = list(answers)
    try:
        while chunk := _read(ours, typed if typed == CTRL_C.encode() else b""):
            shown += chunk
            if waiting and shown.endswith((b": ", b"]: ")):
                answer = waiting.pop(0)
                typed = answer.encode() if answer in (CTRL_C, CTRL_D) else answer.encode() + b"\n"
                os.write(ours, typed)
    finally:
        os.close(ours)
        process.wait(60)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def _read(terminal: int, again: bytes) -> bytes:
    """Read what the terminal shows next; a key that nobody noticed (readline was just starting) is pressed again.

    Not soon: pressed while the command ends, Ctrl-C would kill it.
    """
    while again and not select.select([terminal], [], [], 3)[0]:
        os.write(terminal, again)
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""
