"""The demo, through its real entry point: on the made-up feed, on real HR data, and on what goes wrong."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tenant_sim import ManualClock, TenantSim
from upa_cli.demo.directory import seed
from upa_cli.demo.rooms import wrong_rooms

ROOT = Path(__file__).parents[2]
REAL_FEED = ROOT.parent / "shared" / "data" / "hr" / "workers-1000.csv"


def _demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "upa_cli", "demo", "--loop", "--folder", str(folder), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def test_the_demo_ends_with_every_profile_equal_to_the_oracle(tmp_path: Path) -> None:
    """A small made-up tenant: exit code 0, the joiner went through escrow, the library is empty.

    A changed row of the joined file reaches the profile of somebody whom Entra left alone, and travels alone.
    """
    done = _demo(tmp_path, "--people", "60")
    shown = " ".join(done.stdout.split())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 60 profiles equal the oracle; the library is empty" in shown
    assert "the joiner is in escrow" in shown
    assert "rooms: 60 row(s) of the file to plan" in shown
    assert "uploaded 1 people, 1 values" in shown.partition("sits in Süd 3.14 now")[2]


def test_a_profile_with_another_room_than_the_files_is_named() -> None:
    """The demo's check of the joined file finds a missing room, and one that no row gives."""
    sim = TenantSim(ManualClock())
    first, second = (
        sim.directory.add({"userPrincipalName": "a@contoso.com"}),
        sim.directory.add({"userPrincipalName": "b@contoso.com"}),
    )
    sim.profiles.set(second, "OfficeCode", "W001")
    assert wrong_rooms(sim, {"a@contoso.com": "N000"}) == [
        f"{first} OfficeCode: '' instead of 'N000'",
        f"{second} OfficeCode: 'W001' instead of ''",
    ]


@pytest.mark.skipif(not REAL_FEED.exists(), reason=f"the real HR feed isn't here: {REAL_FEED.name} in shared/data/hr")
def test_the_demo_runs_on_microsofts_hr_sample(tmp_path: Path) -> None:
    """1,000 real-shaped, dirty rows: 624 workers are hired, later rows are edits, and every profile is right."""
    done = _demo(tmp_path, "--hr", str(REAL_FEED))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "624 people from workers-1000.csv" in " ".join(done.stdout.split())
    assert "All 624 profiles equal the oracle" in " ".join(done.stdout.split())


def test_a_broken_hr_row_is_named_by_file_and_line(tmp_path: Path) -> None:
    """Where too few rows can be used, the demo ends with file, line and cell of the others, and no stack trace."""
    feed = tmp_path / "people.csv"
    feed.write_text("WorkerID,UserID\n1,a\n2\n", encoding="utf-8")
    done = _demo(tmp_path / "demo", "--hr", str(feed), "--hr-mapping", str(_mapping(tmp_path)))

    assert done.returncode == 1
    assert f"{feed}: 1 people; the demo's story needs at least 28" in done.stderr
    assert f"{feed}:3: the row has not as many cells as the heading" in done.stderr
    assert "Traceback" not in done.stderr


def test_good_rows_are_used_and_bad_ones_told(tmp_path: Path) -> None:
    """A row without its key, a short one and one that the directory refuses are told with their line; 30 are hired."""
    feed = tmp_path / "people.csv"
    good = "".join(f"{n},user{n}\n" for n in range(30))
    feed.write_text(f"WorkerID,UserID\n,nobody\n{good}31\n32,user1\n", encoding="utf-8")
    sim = TenantSim(ManualClock())
    seeded = seed(sim, feed, _mapping(tmp_path), 0)

    assert (seeded.count, len(sim.directory)) == (30, 30)
    assert [line.removeprefix(f"{feed}:").partition(":")[0] for line in seeded.aside[1:]] == ["2", "33", "34"]
    assert seeded.aside[0] == "3 row(s) set aside, the others are used:"


def test_a_second_demo_in_the_same_folder_says_so(tmp_path: Path) -> None:
    """While one demo has the folder, another ends at once with one line that names a way out."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _demo(tmp_path)

    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"another demo is running in {tmp_path}. Wait for it to end, or choose another place: --folder .demo2"
    )


def _mapping(folder: Path) -> Path:
    mapping = folder / "columns.yaml"
    mapping.write_text('key: WorkerID\nuserPrincipalName: "{UserID}@{domain}"\n', encoding="utf-8")
    return mapping
