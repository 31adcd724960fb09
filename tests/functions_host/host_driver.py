"""Runs a FunctionsHost in a process of its own and obeys JSON commands on standard input (one app per process)."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions_host import FunctionsHost
from functions_host.azure.program import AzureProgram
from functions_host.clock import SteppedClock, clock_from
from functions_host.errors import HostError


def main():
    """Start, say so, obey until the input ends."""
    options = json.loads(sys.argv[1])
    spec = options.pop("clock")
    clock = SteppedClock(datetime.fromisoformat(spec[8:])) if spec.startswith("stepped:") else clock_from(spec)
    program = options.pop("azure", None)
    azure = AzureProgram(Path(program.pop("path")), **program) if program else None
    host = FunctionsHost(**options, clock=clock, azure=azure)
    try:
        host.start()
    except HostError as exc:
        say({"error": type(exc).__name__, "message": exc.one_line()})
        return
    say({"value": {"base_url": host.base_url, "functions": host.functions}})
    for line in sys.stdin:
        name, args, kwargs = json.loads(line)
        try:
            say({"value": obey(host, clock, name, args, kwargs)})
        except HostError as exc:
            say({"error": type(exc).__name__, "message": exc.one_line()})
    host.stop()
    if host.abandoned:
        sys.stdout.flush()
        import os

        os._exit(0)


def obey(host, clock, name, args, kwargs):
    """Carry out one command."""
    match name:
        case "advance":
            return clock.advance(timedelta(seconds=args[0]))
        case "enqueue_later":
            return host.enqueue(args[0], args[1], delay=timedelta(seconds=args[2]))
        case "now":
            return clock.now().astimezone(UTC).isoformat()
        case "queue":
            return [
                {"text": m.text, "dequeued": m.dequeue_count, "hidden": m.receipt is not None}
                for m in host.queue(args[0])
            ]
        case "keys":
            return {"master": host.keys.master, "default": host.keys.default, "system": host.keys.system}
        case "key":
            return host.keys.of(args[0])
        case "next_run":
            return str(host.next_run(args[0]))
        case "engine_process":
            return host._engine.process_id
        case "abandoned" | "failures":
            return getattr(host, name)
    return getattr(host, name)(*args, **kwargs)


def say(document):
    """Answer on the line."""
    print("@" + json.dumps(document), flush=True)


main()
