"""Drives the real Python worker library (`azure-functions-runtime`): index, load, invoke; on its own event loop.

One app per process: the library and the app's modules keep their registries in module globals.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from functions_host.errors import AppError, InvocationFailedError, MissingPackageError, OneAppError, PythonTooOldError
from functions_host.worker.function import Function
from functions_host.worker.protos import Message, ParameterBinding, StatusResult, TypedData, make_protos

OLDEST_PYTHON = (3, 13)
HOST_VERSION = "4.1049.0"
_hosted: list[Path] = []


class PythonWorker:
    """The worker library around one function app."""

    def __init__(self, app_dir: Path) -> None:
        self._app_dir = app_dir
        self._protos = make_protos()
        self._thread = threading.Thread(target=self._run_loop, daemon=True, name="functions-worker")
        self._metadata: dict[str, Any] = {}
        self.functions: dict[str, Function] = {}

    def start(self) -> None:
        """Start the worker and index the app.

        Raises:
            PythonTooOldError, MissingPackageError, OneAppError, AppError: each with the next step.
        """
        self._runtime = load_runtime()
        if not (self._app_dir / "function_app.py").exists():
            msg = f"{self._app_dir} is no Python v2 function app: function_app.py is missing"
            raise AppError(msg, "name the folder that holds host.json and function_app.py")
        if _hosted and _hosted[0] != self._app_dir:
            msg = f"this process already hosts {_hosted[0]}"
            raise OneAppError(msg, "start another process for another app")
        _hosted[:] = [self._app_dir]
        if str(self._app_dir) not in sys.path:
            sys.path.insert(0, str(self._app_dir))
        self._runtime.start_threadpool_executor()
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        try:
            self._wait(self._index())
        except BaseException:
            self.stop()
            raise

    def invoke(
        self,
        name: str,
        invocation_id: str,
        data: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,
        traceparent: str = "",
    ) -> concurrent.futures.Future[tuple[TypedData | None, dict[str, TypedData]]]:
        """Begin an invocation; its result is the return value and the output bindings, or InvocationFailedError."""
        request = Message(
            invocation_id=invocation_id,
            function_id=self._metadata[name].function_id,
            input_data=[ParameterBinding(name=key, data=value) for key, value in data.items()],
            trigger_metadata=dict(trigger_metadata or {}),
            trace_context=SimpleNamespace(trace_parent=traceparent, trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        return asyncio.run_coroutine_threadsafe(self._invoke(request), self._loop)

    def user_function(self, name: str) -> Any:
        """Return the Python function as the worker registered it."""
        registry = self._runtime.handle_event._functions
        return registry.get_function(self._metadata[name].function_id).func

    def stop(self) -> None:
        """Stop the loop and the thread pool; busy threads are left behind."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            closing = asyncio.run_coroutine_threadsafe(_close_clients(), self._loop)
            concurrent.futures.wait([closing], timeout=5)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
        executor = self._runtime.utils.threadpool.get_threadpool_executor()
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
        if not self._loop.is_running():
            self._loop.close()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _request(self, **fields: Any) -> Any:
        return SimpleNamespace(
            request=SimpleNamespace(**fields), properties={"host": "127.0.0.1", "protos": self._protos}
        )

    async def _index(self) -> None:
        directory = str(self._app_dir)
        init = SimpleNamespace(capabilities={}, function_app_directory=directory, host_version=HOST_VERSION)
        _check(await self._runtime.worker_init_request(self._request(worker_init_request=init)))
        wanted = SimpleNamespace(function_app_directory=directory)
        answer = await self._runtime.functions_metadata_request(self._request(functions_metadata_request=wanted))
        for metadata in answer.function_metadata_results or []:
            load = SimpleNamespace(function_id=metadata.function_id, metadata=metadata)
            _check(await self._runtime.function_load_request(self._request(function_load_request=load)))
            self._metadata[metadata.name] = metadata
            self.functions[metadata.name] = Function.of(
                metadata.name, [json.loads(text) for text in metadata.raw_bindings]
            )

    async def _invoke(self, request: Message) -> tuple[TypedData | None, dict[str, TypedData]]:
        response = await self._runtime.invocation_request(self._request(invocation_request=request))
        if response.result.status != StatusResult.Success:
            error = response.result.exception
            raise InvocationFailedError(error.message, error.stack_trace)
        return response.return_value, {out.name: out.data for out in response.output_data}


def load_runtime() -> Any:
    """Import the worker library.

    Raises:
        PythonTooOldError: Python is older than 3.13.
        MissingPackageError: a package is missing.
    """
    if sys.version_info < OLDEST_PYTHON:
        msg = f"the functions host needs Python 3.13 or later, this is {sys.version_info[0]}.{sys.version_info[1]}"
        raise PythonTooOldError(msg, "run it with python3.13; Microsoft publishes the worker for 3.13 and later only")
    try:
        import azure.functions  # noqa: F401 - a clear message instead of a traceback
        import azure_functions_runtime
    except ModuleNotFoundError as exc:
        msg = f"the package with the module {exc.name} is not installed"
        raise MissingPackageError(
            msg, "pip install azure-functions azure-functions-runtime durabletask grpcio azure-functions-durable"
        ) from exc
    return azure_functions_runtime


def _check(response: Any) -> None:
    """Raise AppError for a request that the worker answered with a failure."""
    if response.result.status == StatusResult.Success:
        return
    error = response.result.exception
    raise AppError(f"the worker could not index the app: {error.message}", "correct function_app.py") from None


async def _close_clients() -> None:
    """Close the HTTP session that the durable client of 1.x shares between invocations."""
    utils = sys.modules.get("azure.durable_functions.models.utils.http_utils")
    close = getattr(utils, "_close_session", None)
    if close is not None:
        await close()
