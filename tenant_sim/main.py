"""Starts a tenant from the command line and prints its addresses; `upa sim` calls `run`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from tenant_sim.clock import parse_clock
from tenant_sim.connector import connector_text
from tenant_sim.control.facts import assumptions as list_assumptions
from tenant_sim.loopback import PortTakenError, Served
from tenant_sim.people.hr import HrError, aside_lines, load_mapping
from tenant_sim.people.seeding import generated, seed_hr_file
from tenant_sim.sim import TenantSim

Say = Callable[[str], Any]


def run(
    *,
    users: int = 600,
    hr: str | None = None,
    mapping: str | None = None,
    seed: str = "1",
    domain: str = "contoso",
    port: int | None = None,
    hosts: list[str] | None = None,
    clock: str = "wall",
    directory: str | None = None,
    profile_delay: float | None = None,
    json: bool = False,
    assumptions: bool = False,
    say: Say | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Seed a tenant, serve it until `stop` is set or Ctrl-C, and return the exit code: 0, or 2 for bad input.

    Fourteen parameters: the options of `upa sim`.
    """
    say = say or _say
    if assumptions:
        say(_assumptions(as_json=json))
        return 0
    try:
        with _interruptible():
            sim = TenantSim(parse_clock(clock), seed=seed, domain=domain, hosts=hosts, profile_delay=profile_delay)
            progress = (lambda _text: None) if json else say
            count = _seed(sim, users, hr, mapping, progress)
            with sim.serve(port=port, directory=directory) as served:
                describe(served, count, json, say)
                _wait(stop)
    except (HrError, PortTakenError, ValueError) as exc:
        _complain(str(exc))
        return 2
    return 0


_FRESH = "upa.new.yaml"


def describe(served: Served, count: int, as_json: bool, say: Say) -> None:
    """Write the connector file and print addresses, CA file, ids and what to set.

    An existing file may be somebody's work, so the new text is written beside it.
    """
    connector = served.directory / "upa.yaml"
    text = connector_text(served)
    if connector.exists() and connector.read_text(encoding="utf-8") != text:
        say(f"{connector} is there already and stays; today's addresses are in {_FRESH}") if not as_json else None
        (served.directory / _FRESH).write_text(text, encoding="utf-8")
    else:
        connector.write_text(text, encoding="utf-8")
    details = {
        "users": count,
        "tenant_id": served.tenant_id,
        "urls": served.urls.as_dict(),
        "control": served.urls.control,
        "ca_file": str(served.ca_file),
        "client_id": served.client_id,
        "certificate_file": str(served.certificate_file),
        "thumbprint": served.thumbprint,
        "identity_client_id": served.identity_client_id,
        "environment": served.environment(),
        "connector_file": str(connector),
    }
    if as_json:
        say(orjson.dumps(details, option=orjson.OPT_INDENT_2).decode())
        return
    lines = [f"Tenant {served.tenant_id} with {count:,} users listens on:"]
    lines += [f"  {name:<17} {url}" for name, url in served.urls.as_dict().items()]
    lines += [
        f"  {'control':<17} {served.urls.control}",
        f"CA file            {served.ca_file}",
        f"App with cert.     {served.client_id}  {served.certificate_file}",
        f"Managed identity   {served.identity_client_id}",
        f"Connector file     {connector}",
        "Environment:",
        *(f"  export {name}={value}" for name, value in served.environment().items()),
        "Ctrl-C stops it.",
    ]
    say("\n".join(lines))


def _seed(sim: TenantSim, users: int, hr: str | None, mapping: str | None, say: Say) -> int:
    if hr is not None:
        aside: list[str] = []
        ids, edits = seed_hr_file(sim, hr, load_mapping(mapping) if mapping else None, aside=aside)
        for line in aside_lines(aside):
            say(line)
        if not ids:
            raise HrError(f"{hr}: no row can be used")
        say(f"{hr}: {len(ids)} people, {len(edits)} later edits left out")
        return len(ids)
    return sim.directory.load(_with_progress(generated(sim, users), users, say))


def _with_progress(people: Iterable[Any], total: int, say: Say) -> Iterator[Any]:
    last = time.monotonic()
    for n, one in enumerate(people):
        if n % 1000 == 0 and time.monotonic() - last > 2:
            last = time.monotonic()
            say(f"{n:,} of {total:,} users…")
        yield one


def _wait(stop: threading.Event | None) -> None:
    stop = stop or threading.Event()
    while not stop.wait(3600):
        pass


@contextmanager
def _interruptible() -> Iterator[None]:
    """End quietly at Ctrl-C and at SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _assumptions(*, as_json: bool) -> str:
    guesses = list_assumptions()
    if as_json:
        return orjson.dumps([vars(fact) for fact in guesses], option=orjson.OPT_INDENT_2).decode()
    width = max((len(fact.id) for fact in guesses), default=0)
    return "\n".join(f"{fact.id:<{width}}  {fact.text} ({fact.source})" for fact in guesses)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"tenant_sim: {text}\n")


def main(arguments: list[str] | None = None) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tenant_sim", description="A Microsoft 365 tenant on loopback.")
    parser.add_argument("--users", type=int, default=600, help="made-up people to seed (default 600)")
    parser.add_argument("--hr", help="seed from this HR CSV instead")
    parser.add_argument("--mapping", help="columns of the HR file to Entra attributes (YAML)")
    parser.add_argument("--seed", default="1", help="seed of everything random (default 1)")
    parser.add_argument("--domain", default="contoso", help="tenant name (default contoso)")
    parser.add_argument("--port", type=int, help="first port; without it, free ones")
    parser.add_argument(
        "--hosts",
        type=lambda text: [host.strip() for host in text.split(",")],
        help="real host names, told apart by the Host header on --port (comma separated)",
    )
    parser.add_argument("--clock", default="wall", help="wall, or scaled:<sim_epoch>:<wall_epoch>:<factor>")
    parser.add_argument("--profile-delay", type=float, help="seconds until a new user's profile appears")
    parser.add_argument("--directory", help="where CA, certificate and connector file go (default: a temporary folder)")
    parser.add_argument("--assumptions", action="store_true", help="list what the simulator guesses, and stop")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return run(**vars(parser.parse_args(arguments)))
