"""Azurite, Microsoft's storage emulator, for the tests: started on free ports.

Azurite 3.35.0 is the newest for Node 20; its telemetry is on by default; it knows only older API versions [AZ-3].
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from tests.support import npm

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's published key, the same everywhere."""
_PATIENCE = 240.0


class AzuriteMissingError(RuntimeError):
    """Azurite isn't there and can't be installed; the message is the command to run."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite."""

    blob_port: int
    queue_port: int
    table_port: int
    process_id: int = 0

    @property
    def connection(self) -> str:
        """The connection string of its one account."""
        services = {"Blob": self.blob_port, "Queue": self.queue_port, "Table": self.table_port}
        ends = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};" for name, port in services.items())
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{ends}"


@contextmanager
def running(requests: Path | None = None) -> Iterator[Azurite]:
    """Run Azurite in memory until the block ends; write each request that it answers into the file, if one is named."""
    node = install()
    with tempfile.TemporaryFile() if requests is None else requests.open("w+b") as log:
        azurite, process = _start(node, log, silent=requests is None)
        try:
            _wait(azurite, process, log)
            yield azurite
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def install() -> str:
    """Install Azurite unless it is there, one process at a time; return the path of node."""
    try:
        return npm.install(npm.AZURITE)
    except npm.NpmMissingError as exc:
        raise AzuriteMissingError(str(exc)) from exc


def _start(node: str, log: IO[bytes], *, silent: bool) -> tuple[Azurite, subprocess.Popen[bytes]]:
    azurite = Azurite(*_free_ports(3))
    hosts = [f"--{service}Host=127.0.0.1" for service in ("blob", "queue", "table")]
    ports = [
        f"--blobPort={azurite.blob_port}",
        f"--queuePort={azurite.queue_port}",
        f"--tablePort={azurite.table_port}",
    ]
    flags = ["--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence", *(["--silent"] if silent else [])]
    command = [node, str(npm.AZURITE.main), *hosts, *ports, *flags]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=tempfile.gettempdir(), env=dict(os.environ)
    )
    return replace(azurite, process_id=process.pid), process


def _wait(azurite: Azurite, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    """Wait until the blob port answers (about two seconds)."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", azurite.blob_port), timeout=1):
            return
        time.sleep(0.05)
    log.seek(0)
    raise AzuriteMissingError(f"Azurite didn't start: {log.read()[-500:].decode(errors='replace')}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
