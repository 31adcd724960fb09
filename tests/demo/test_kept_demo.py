"""The demo that stays up: it answers nobody without its key, and ends what it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.full
@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.version_info < (3, 13), reason="the functions host needs Python 3.13")
def test_a_kept_demo_asks_for_its_key_and_ends_its_host_with_itself(tmp_path: Path) -> None:
    """A web page that posts to it is refused; after SIGTERM nobody listens any more."""
    command = [sys.executable, "-m", "upa_cli", "demo", "--keep", "--people", "30", "--folder", str(tmp_path)]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "300"}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environ) as demo:
        assert demo.stdout is not None
        page = next(found for line in demo.stdout if (found := re.search(r"(http://\S+)/api/ui\?code=(\S+)", line)))
        base, key = page.groups()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{base}/api/runs", b"{}"))
        with urllib.request.urlopen(f"{base}/api/status?code={key}") as answer:
            status = answer.status
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)

    refused.value.close()
    assert (refused.value.code, status) == (401, 200)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{base}/api/health")
