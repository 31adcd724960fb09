"""The command line: print the functions with their triggers and addresses, then log invocations as Core Tools do."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from functions_host.azure.program import AzureProgram
from functions_host.clock import Clock, RealClock, clock_from
from functions_host.errors import AzureTriggersError, HostError, InvocationFailedError
from functions_host.output import Output
from functions_host.worker.python_worker import load_runtime

OK, FAILED, CANNOT_START, NOT_IDLE = 0, 1, 2, 3
PROGRAM_SETTING = "AZURE_TRIGGERS_PROGRAM"
STDOUT = Output()
QUIET = ("azure", "azure_functions_runtime", "durabletask", "grpc", "asyncio", "aiohttp", "urllib3")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the host until a signal, or until idle with --once; return the exit code."""
    options = _parser().parse_args(argv)
    try:
        azure_alone = options.triggers == "azure" and options.clock is None  # then UPA_CLOCK is the app's
        clock = RealClock() if azure_alone else clock_from(options.clock)
        load_runtime()
        return _run(options, clock)
    except HostError as exc:
        _out(options.json, {"event": "error", "error": type(exc).__name__, "message": exc.one_line()}, exc.one_line())
        return CANNOT_START


def _run(options: argparse.Namespace, clock: Clock) -> int:
    from functions_host.host import FunctionsHost  # needs Python 3.13, which was checked just now

    _log_to_stdout(clock, as_json=options.json)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    app = Path(options.app)
    shared = {"UPA_CLOCK": options.clock} if options.clock else {}  # the app reads the same clock
    host = FunctionsHost(
        app,
        options.state or app / ".state" / "functions-host",
        clock=clock,
        settings=shared,
        port=options.port,
        keys=options.keys,
        azure=_azure(options),
    )
    host.start()
    code = OK
    try:
        _announce(host, as_json=options.json)
        for name in options.fire:
            try:
                host.fire_timer(name)
            except InvocationFailedError:
                code = FAILED
        if options.once:
            code = _wait_idle(host, options.timeout, stop) or (FAILED if host.failures else code)
        else:
            while not stop.wait(0.5):
                pass
    finally:
        _out(options.json, {"event": "stopping"}, "Stopping ...")
        host.stop()
        _out(options.json, {"event": "stopped"}, "Stopped.")
    if host.abandoned or _stuck():
        os._exit(code)  # a thread of user code can't be killed, and the interpreter would wait for it
    return code


def _azure(options: argparse.Namespace) -> AzureProgram | None:
    """Return the program of `--triggers azure`.

    Raises:
        AzureTriggersError: none is named.
    """
    if options.triggers != "azure":
        return None
    named = options.azure_program or os.environ.get(PROGRAM_SETTING, "")
    if not named:
        msg = "the program with Microsoft's triggers isn't named"
        raise AzureTriggersError(msg, f"give --azure-program FILE, or set {PROGRAM_SETTING}")
    return AzureProgram(Path(named).resolve(), options.instance)


def _wait_idle(host: Any, timeout: float, stop: threading.Event) -> int:
    waited = 0.0
    while waited < timeout and not stop.is_set():
        if host.wait_idle(1.0):
            return OK
        waited += 1.0
    return OK if stop.is_set() else NOT_IDLE


def _stuck() -> bool:
    return any(not t.daemon and t is not threading.main_thread() for t in threading.enumerate())


def _announce(host: Any, *, as_json: bool) -> None:
    """Print functions, triggers and addresses."""
    rows = []
    for name, bindings in host.functions.items():
        trigger = next(b for b in bindings if b["type"].lower().endswith("trigger"))
        row = {"name": name, "trigger": trigger["type"], "bindings": bindings}
        if trigger["type"] == "httpTrigger":
            methods = ",".join(m.upper() for m in trigger.get("methods") or ("GET", "POST"))
            row.update(address=host.url(name), methods=methods, level=str(trigger.get("authLevel", "function")).lower())
        elif trigger["type"] == "timerTrigger":
            row.update(schedule=host.schedule(name), next=_text(host.next_run(name)))
        elif trigger["type"] == "queueTrigger":
            row.update(queue=host.queue_name(name))
        if name in host.not_run_here:
            row.update(not_run_here=host.not_run_here[name])
        rows.append(row)
    start = {
        "event": "started",
        "base_url": host.base_url,
        "app": str(host.app_dir),
        "state": str(host.state_dir),
        "hub": host.config.hub_name,
        "keys": str(host.keys.path) if host.keys.required else None,
        "now": _text(host.clock.now()),
        "functions": rows,
    }
    lines = ["", "Functions:", ""]
    lines += [f"\t{row['name']}: {_detail(row)}" for row in sorted(rows, key=lambda row: row["name"])]
    lines += ["", f"Listening on {host.base_url} (loopback only). State: {host.state_dir}"]
    if host.keys.required:
        lines.append(f"Function and admin addresses ask for a key: see {host.keys.path}")
    if not isinstance(host.clock, RealClock):
        lines.append(f"Time is {_text(host.clock.now())} ({type(host.clock).__name__}).")
    _out(as_json, start, "\n".join(lines) + "\n")


def _detail(row: dict[str, Any]) -> str:
    if "not_run_here" in row:
        return f"{row['trigger']} (not run by this host: {', '.join(row['not_run_here'])})"
    if "address" in row:
        return f"[{row['methods']}] {row['address']} ({row['level']})"
    if "schedule" in row:
        return f"timerTrigger {row['schedule']} (next: {row['next']})"
    return f"queueTrigger {row['queue']}" if "queue" in row else str(row["trigger"])


def _text(moment: Any) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    """Return the `extra=` of a function's log record: custom dimensions, in Azure."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class _Lines(logging.Formatter):
    """One line for people, with the host's own time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        now = self._clock.now()
        mark = "" if record.levelno < logging.WARNING else f"{record.levelname}: "
        extra = _extra(record)
        shown = f"  {json.dumps(extra, ensure_ascii=False, default=str)}" if extra else ""
        return f"[{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z] {mark}{text}{shown}"


class _JsonLines(_Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "event": "log",
            "time": self._clock.now().isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": logging.Formatter.format(self, record),
            "extra": _extra(record),
        }
        return json.dumps(document, default=str)


def _log_to_stdout(clock: Clock, *, as_json: bool) -> None:
    handler = logging.StreamHandler(STDOUT)
    handler.setFormatter((_JsonLines if as_json else _Lines)(clock))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _out(as_json: bool, document: dict[str, Any], text: str) -> None:
    if document["event"] == "error" and not as_json:
        sys.stderr.write(text + "\n")
    else:
        STDOUT.line(json.dumps(document) if as_json else text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions_host",
        description="Runs a Python v2 Azure Functions app on this machine, without Azure.",
    )
    parser.add_argument("--app", default=".", metavar="DIR", help="folder with host.json and function_app.py (.)")
    parser.add_argument(
        "--state", metavar="DIR", help="folder for queues, timers, orchestrations and keys (APP/.state/functions-host)"
    )
    parser.add_argument("--port", type=int, default=7071, help="port on 127.0.0.1; 0 takes a free one (7071)")
    parser.add_argument(
        "--clock", metavar="CLOCK", help="real, or scaled:<sim_epoch>:<wall_epoch>:<factor> (UPA_CLOCK)"
    )
    parser.add_argument("--keys", action=argparse.BooleanOptionalAction, default=True, help="ask for function keys")
    parser.add_argument(
        "--triggers",
        choices=("embedded", "azure"),
        default=os.environ.get("FUNCTIONS_HOST_TRIGGERS", "embedded"),
        help="this package's own triggers, or Microsoft's on the storage of AzureWebJobsStorage (embedded)",
    )
    parser.add_argument("--azure-program", metavar="FILE", help=f"the program with Microsoft's ({PROGRAM_SETTING})")
    parser.add_argument(
        "--instance",
        default=os.environ.get("FUNCTIONS_HOST_INSTANCE", "host-0"),
        metavar="NAME",
        help="name of this one of several (host-0)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--fire", action="append", default=[], metavar="TIMER", help="fire this timer at start")
    parser.add_argument("--once", action="store_true", help="stop as soon as nothing is left to do")
    parser.add_argument("--timeout", type=float, default=300.0, metavar="S", help="how long --once waits (300)")
    return parser
