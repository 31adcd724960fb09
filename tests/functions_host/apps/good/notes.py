"""What the sample app did, one JSON line each, in a file that outlives the process."""

import json
import os
from pathlib import Path


def note(kind, **fields):
    """Append a line to the file that SAMPLE_LOG names."""
    path = os.environ.get("SAMPLE_LOG")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "pid": os.getpid(), **fields}) + "\n")
