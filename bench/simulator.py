"""What the tenant simulator costs, so that a figure measured against it can state its share.

    python -m bench.simulator               # 200,000 people
    python -m bench.simulator 1000000

A tenant in a process of its own; this process walks full delta rounds over TLS with `requests`, one call after the
other: ten properties, and ten with the block of fifteen extension attributes. First walk: pages never shown before.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import requests

from bench.measure import machine

TEN = "displayName,userPrincipalName,accountEnabled,department,jobTitle,companyName,city,employeeId,employeeType,mail"
WIDE = f"{TEN},onPremisesExtensionAttributes"
_TICK = os.sysconf("SC_CLK_TCK")


def used(pid: int) -> tuple[float, float]:
    """Return processor seconds so far and the highest resident memory, GiB, of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return (int(fields[11]) + int(fields[12])) / _TICK, int(peak.split()[1]) / 1024**2


def main() -> None:
    """Measure and print."""
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{users:,} people", {key: value for key, value in machine().items() if key != "versions"})
    begin = time.perf_counter()
    command = [sys.executable, "-m", "tenant_sim", "--users", str(users), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            details = described(server)
            cpu, peak = used(server.pid)
            print(f"seeded and serving after {time.perf_counter() - begin:.1f} s, {cpu:.1f} s cpu, peak {peak:.2f} GiB")
            with requests.Session() as session:
                session.verify, session.trust_env = details["ca_file"], False
                query = {"app": "upa-sync-identity", "resource": "graph"}
                token = session.get(f"{details['control']}/token", params=query).json()["token"]
                session.headers["Authorization"] = f"Bearer {token}"
                for name, select in (("ten", TEN), ("ten and the block", WIDE)):
                    for turn in ("first", "again"):
                        print(f"{name}, {turn}: {walk(session, server.pid, details['urls']['graph'], select)}")
            print(f"peak {used(server.pid)[1]:.2f} GiB")
        finally:
            server.terminate()


def described(server: subprocess.Popen[bytes]) -> Any:
    """Read what the server prints about itself: one JSON document."""
    lines = []
    for line in server.stdout or ():
        lines.append(line)
        if line.startswith(b"}"):
            break
    return json.loads(b"".join(lines))


def own() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def walk(session: requests.Session, pid: int, graph: str, select: str) -> str:
    """Walk a full round and say what it cost whom."""
    server, client, begin = used(pid)[0], own(), time.perf_counter()
    pages, size, link = 0, 0, f"{graph}/v1.0/users/delta?$select={select}"
    while link:
        body = session.get(link, timeout=30).content
        pages, size = pages + 1, size + len(body)
        link = orjson.loads(body).get("@odata.nextLink")
    wall, server, client = time.perf_counter() - begin, used(pid)[0] - server, own() - client
    return (
        f"{pages} pages of {size / pages / 1024:.0f} KiB, {pages / wall:.0f} a second; cpu a page: "
        f"server {1000 * server / pages:.2f} ms, client {1000 * client / pages:.2f} ms"
    )


if __name__ == "__main__":
    main()
