"""A first full round and one without differences: prints each step's processor time, and the peak of memory, as JSON.

It is run by its path, with the checkout that is measured as PYTHONPATH, so it uses only what an early release has too.
Around each step it calls a function of C that nothing else calls, which valgrind takes for a mark.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time

STEPS = ("pull", "plan and files", "send and settle", "again, pull", "again, plan")
PEAK = "peak, MiB"


def main(people: int) -> None:
    """Run the steps; what the tenant itself takes is taken off."""
    from bench.measure import peak
    from bench.pages import pages
    from bench.pipeline import Bench
    from upa_core.services.pull import pull

    bench = Bench(pages(people))
    gc.freeze()
    seconds = {}
    for step in STEPS:
        gc.collect()
        begun = time.process_time() - bench.tenant.cpu
        os.getloadavg()
        if step.endswith("pull"):
            pull(bench.ports, bench.connector, full=step != "pull")
        else:
            bench.drain("planned" if step == "plan and files" else "")
        os.getloadavg()
        seconds[step] = time.process_time() - bench.tenant.cpu - begun
    bench.close()
    print(json.dumps({**seconds, PEAK: peak()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
