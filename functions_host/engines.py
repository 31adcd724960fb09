"""Makes the engine that triggers an app's functions, with the queues and the invoker that belong to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions_host.azure.program import AzureProgram, storage_of
from functions_host.clock import Clock
from functions_host.durable.choice import line_of
from functions_host.http.keys import Keys
from functions_host.settings import HostConfig
from functions_host.store import Database
from functions_host.triggers.embedded import EmbeddedEngine
from functions_host.triggers.engine import MessageQueues, TriggerEngine
from functions_host.triggers.invoker import Invoker
from functions_host.triggers.queues import Queues
from functions_host.triggers.values import disabled, setting
from functions_host.worker.function import Function
from functions_host.worker.python_worker import PythonWorker

Engine = tuple[TriggerEngine, Invoker, MessageQueues]


@dataclass(frozen=True)
class Makers:
    """The parts of both kinds of triggers; a part that must be closed in the end is added to `closers`."""

    worker: PythonWorker
    keys: Keys
    config: HostConfig
    clock: Clock
    app_dir: Path
    state_dir: Path
    closers: list[Callable[[], Any]]

    def embedded(self) -> Engine:
        """Return the embedded triggers, with their state in `state_dir`."""
        database = Database(self.state_dir / "state.db")
        self.closers.append(database.close)
        queues = Queues(database, self.clock, self.config.queues)
        invoker = self._invoker(queues)
        engine = EmbeddedEngine(
            list(self.worker.functions.values()),
            invoker,
            queues,
            database=database,
            clock=self.clock,
            config=self.config,
            line=line_of(self._active(), call=invoker.call, user_function=self.worker.user_function),
            system_key=self.keys.system,
        )
        return engine, invoker, queues

    def azure(self, program: AzureProgram) -> Engine:
        """Return Microsoft's triggers, with their state in the storage account of AzureWebJobsStorage.

        Raises:
            SettingsError: there is no such account, or the host's clock isn't the wall's.
            AzureTriggersError: the app isn't one that they run.
        """
        from functions_host.azure.engine import AzureEngine  # needs the storage SDK, which the embedded ones don't
        from functions_host.azure.queues import AzureQueues

        queues = AzureQueues(storage_of(os.environ), self.config.queues)
        self.closers.append(queues.close)
        invoker = self._invoker(queues)
        engine = AzureEngine(
            list(self.worker.functions.values()),
            invoker,
            queues,
            program=program,
            clock=self.clock,
            host_json=self.app_dir / "host.json",
            state_dir=self.state_dir,
            system_key=self.keys.system,
        )
        return engine, invoker, queues

    def _invoker(self, queues: MessageQueues) -> Invoker:
        return Invoker(self.worker, queues, timeout=self.config.function_timeout, resolve=setting)

    def _active(self) -> list[Function]:
        return [function for function in self.worker.functions.values() if not disabled(function)]
