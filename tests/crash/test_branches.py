"""A copied life ends as a life of its own would, and what goes wrong in a copy is told."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.host_process import ROOT

SCRIPT = """
import hashlib, json, os, sys
from tests.crash import campaign
from tests.crash.scenarios import SCENARIOS
from tests.support.branches import live

def stored(world):
    parts = [str(world.now), *sorted(f"{key} {data!r}" for key, data in world.store.blobs.items())]
    return [hashlib.sha256("".join(parts).encode()).hexdigest()]

def wrong(branches):
    name = branches.at(1)
    if name == "raises":
        raise ValueError("in the copy")
    if name == "dies":
        os._exit(3)
    return ["said by the copy"] if name else []

clean = stored(campaign.run(SCENARIOS[1], campaign.Fate()))
campaign.verdict = lambda world: [] if stored(world) == clean else stored(world)
copied, alone = (campaign.campaign(SCENARIOS[1], every=61, forks=forks).failures for forks in (True, False))
json.dump([copied, alone, list(live({1: ["says", "raises", "dies"]}, wrong).values())], sys.stdout)
"""


def test_a_copy_ends_as_a_world_of_its_own_and_says_what_went_wrong() -> None:
    """Both ways of trying a death leave the same bytes stored; an exception and a lost process are failures."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)

    copied, alone, small = json.loads(done.stdout)
    assert len(copied) > 3
    assert copied == alone
    assert small == [["said by the copy"], ["ValueError: in the copy"], ["its process ended with status 768"]]
