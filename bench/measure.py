"""What a measurement says of the machine and of itself."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Describe machine and versions."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    names = ("requests", "orjson", "azure-storage-blob", "azure-functions", "azure-functions-durable")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": {name: version(name) for name in names},
    }


def cpu(work: Callable[[], object], *, off: Callable[[], float] = lambda: 0.0) -> float:
    """Return the processor time of `work`, less what `off` counts meanwhile."""
    gc.collect()
    before, begin = off(), time.process_time()
    work()
    return time.process_time() - begin - (off() - before)


def peak() -> float:
    """Return this process's highest resident memory, MiB (VmHWM: what a parent had isn't in it)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
