"""Python programs that start quickly: copies of one process that has imported what takes long.

A functions host of its own process spends most of its processor time with imports. The copies run the same program
with arguments, environment, folder and streams of their own; what they import beside that list, they import.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any, TextIO

_IMPORTED = [
    *("functions_host.cli", "functions_host.azure.program", "azure.functions", "azure.durable_functions"),
    *("azure_functions_runtime", "azure.identity", "azure.monitor.opentelemetry", "msal", "requests", "orjson"),
    *("upa_core.bootstrap", "upa_core.triggers", "upa_core.http_api"),
]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(_IMPORTED)  # what isn't there is left out


class QuickProcess:
    """A started program: the part of `subprocess.Popen` that the tests use."""

    def __init__(self, process: ForkServerProcess, stdin: TextIO, stdout: TextIO) -> None:
        self._process, self.stdin, self.stdout = process, stdin, stdout
        self.pid = process.pid

    def __enter__(self) -> QuickProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.stdin.close()
        self._process.join()

    def poll(self) -> int | None:
        """Return the exit code, negative after a signal; None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """End it with SIGTERM."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it ended; raise `TimeoutExpired` after so many seconds."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return code


def start(
    program: str | Path, arguments: Sequence[str], environ: Mapping[str, str], folder: Path, errors: IO[Any] | None
) -> QuickProcess:
    """Start a module (its name) or a script (its path); without `errors`, standard error goes to standard output."""
    (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
    streams = [theirs_in, theirs_out, errors.fileno() if errors is not None else theirs_out]
    process = _Process(program, list(arguments), dict(environ), str(folder), streams)
    process.start()
    os.close(theirs_in)
    os.close(theirs_out)
    return QuickProcess(process, os.fdopen(ours_in, "w", encoding="utf-8"), os.fdopen(ours_out, encoding="utf-8"))


def start_host(arguments: Sequence[str], environ: Mapping[str, str]) -> QuickProcess:
    """Start `python -m functions_host`; its errors go to standard output."""
    return start("functions_host", arguments, environ, Path.cwd(), None)


class _Process(ForkServerProcess):
    def __init__(
        self, program: str | Path, arguments: list[str], environ: dict[str, str], folder: str, streams: list[Any]
    ) -> None:
        super().__init__(daemon=True)
        self._program, self._arguments, self._environ = program, arguments, environ
        self._folder, self._streams = folder, streams

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_streams": [DupFd(number) for number in self._streams]}

    def run(self) -> None:
        for number, stream in enumerate(self._streams):
            os.dup2(stream.detach(), number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(self._environ)
        os.chdir(self._folder)
        warnings.simplefilter("error", ResourceWarning)
        sys.argv = [str(self._program), *self._arguments]
        if isinstance(self._program, Path):
            runpy.run_path(str(self._program), run_name="__main__")
        else:
            runpy.run_module(self._program, run_name="__main__", alter_sys=True)
