"""The program with Microsoft's triggers, as a child process: started, watched, started again when it dies.

It takes a JSON file (what to trigger, host.json, storage, where the worker answers) and prints a line that begins with
`ready ` and holds what a durable client binding receives. It stops when its standard input is closed.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions_host.errors import AzureTriggersError, SettingsError

STARTS_WITHIN = 300.0
STOPS_WITHIN = 30.0
READY = "ready "
log = logging.getLogger("functions_host.azure")


@dataclass(frozen=True)
class AzureProgram:
    """The program's files and how it is started."""

    path: Path
    instance: str = "host-0"
    """Name of this instance; two on one task hub need two names."""
    log_level: str = "Warning"


def storage_of(settings: Mapping[str, str]) -> str:
    """Return the connection string of the storage account.

    Raises:
        SettingsError: AzureWebJobsStorage isn't a connection string.
    """
    text = settings.get("AzureWebJobsStorage", "")
    if "AccountName=" not in text:
        msg = "AzureWebJobsStorage must be the connection string of a storage account"
        raise SettingsError(msg, "set it, or run with --triggers embedded")
    return text


class Supervisor:
    """Keeps the program running; its times are seconds of wall time, as Microsoft's triggers know no other clock."""

    def __init__(self, program: AzureProgram, config: Path) -> None:
        self._program = program
        self._config = config
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()
        self._client: dict[str, Any] = {}
        self._stopping = False
        self._last = ""
        self._thread = threading.Thread(target=self._keep, daemon=True, name="azure-triggers")

    @property
    def process_id(self) -> int:
        """The running program's process id; 0 while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def start(self) -> None:
        """Start the program and wait until it triggers.

        Raises:
            AzureTriggersError: it isn't there, ended, or said nothing in time.
        """
        self._process = self._launch()
        self._thread.start()
        self.client()

    def client(self) -> dict[str, Any]:
        """Return what a durable client binding receives; waits while the program starts.

        Raises:
            AzureTriggersError: it ended, or didn't start in time.
        """
        end = time.monotonic() + STARTS_WITHIN
        while not self._ready.wait(0.2):
            if self._stopping or time.monotonic() > end or not self._thread.is_alive():
                msg = f"{self._program.path} didn't start: {self._last or 'no output'}"
                raise AzureTriggersError(msg, "run it by hand with " + str(self._config))
        return self._client

    def stop(self) -> None:
        """Let it finish its work; kill it when that takes too long."""
        self._stopping = True
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
        if self._thread.is_alive():
            self._thread.join(5)

    def _launch(self) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(  # noqa: S603 - the program that was named
                [str(self._program.path), str(self._config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=self._environment(),
            )
        except OSError as exc:
            msg = f"{self._program.path} can't be run: {exc.strerror}"
            raise AzureTriggersError(msg, "name the program with --azure-program") from exc

    def _environment(self) -> dict[str, str]:
        """Return our environment with another home: the SDK stores timers' history there, and hosts would share it.

        .NET doesn't collect a profile of what runs often: a host here lives for minutes, and would only pay for it.
        """
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        home = str(self._config.parent / "timers")
        return {"DOTNET_TieredPGO": "0", **os.environ, "XDG_CACHE_HOME": cache, "HOME": home}

    def _keep(self) -> None:
        began = False
        while self._process is not None:
            with self._process as process:
                for line in process.stdout or ():
                    self._read(line.strip())
            began = began or self._ready.is_set()
            self._ready.clear()
            if self._stopping or not began:
                return
            log.warning("Microsoft's triggers ended with %s; starting them again", process.returncode)
            self._process = self._launch()

    def _read(self, line: str) -> None:
        if line.startswith(READY):
            self._client = json.loads(line.removeprefix(READY))
            self._ready.set()
        elif line:
            self._last = line
            log.info("%s", line)
