"""The folder store beyond its contract: dying writers, other processes, a folder that fails."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from upa_core.adapters.storage.folder_store import FolderStore
from upa_core.domain.errors import AccessDeniedError, ConflictError, UnavailableError

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from upa_core.adapters.storage.folder_store import FolderStore
store = FolderStore(sys.argv[1])
print("ready", flush=True)
for number in range(10**9):
    store.put("a/state.json", b"%d" % (number % 10) * 300_000)
"""
ADDER = """
import sys
from upa_core.adapters.storage.folder_store import FolderStore
from upa_core.domain.errors import ConflictError
store, done = FolderStore(sys.argv[1]), 0
while done < 50:
    blob = store.get("n")
    try:
        store.put("n", b"%d" % (int(blob.data) + 1), if_match=blob.etag)
    except ConflictError:
        continue
    done += 1
"""
CREATOR = """
import sys
from upa_core.adapters.storage.folder_store import FolderStore
from upa_core.domain.errors import ConflictError
store, won = FolderStore(sys.argv[1]), 0
for number in range(100):
    try:
        store.put(f"k/{number}", sys.argv[2].encode(), if_absent=True)
    except ConflictError:
        continue
    won += 1
print(won)
"""


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that runs the code with our package."""
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_kill_in_the_middle_of_writing(tmp_path: Path) -> None:
    """A writer killed at any moment leaves a whole blob, and nothing that is listed besides it."""
    for round_ in range(5):
        with python(WRITER, str(tmp_path)) as process:
            assert process.stdout is not None
            process.stdout.readline()
            for _ in range(20 * (round_ + 1)):  # a while that passes without a clock
                FolderStore(tmp_path).get("a/state.json")
            process.send_signal(signal.SIGKILL)
            process.wait()
        blob = FolderStore(tmp_path).get("a/state.json")

        assert blob is None or (len(blob.data) == 300_000 and len(set(blob.data)) == 1)
        assert {"a/state.json"} >= {info.key for info in FolderStore(tmp_path).list("")}


def test_a_killed_writer_holds_no_lock(tmp_path: Path) -> None:
    """After a writer was killed, the next one writes at once."""
    with python(WRITER, str(tmp_path)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()
    FolderStore(tmp_path).put("a/state.json", b"mine")

    assert FolderStore(tmp_path).get("a/state.json").data == b"mine"


def test_processes_lose_no_increment(tmp_path: Path) -> None:
    """Three processes that add one with If-Match lose no addition."""
    FolderStore(tmp_path).put("n", b"0")
    processes = [python(ADDER, str(tmp_path)) for _ in range(3)]
    for process in processes:
        process.communicate(timeout=120)

    assert FolderStore(tmp_path).get("n").data == b"150"


def test_one_process_creates_each_key(tmp_path: Path) -> None:
    """Of three processes that create the same keys, one wins each."""
    processes = [python(CREATOR, str(tmp_path), name) for name in "abc"]
    won = [int(process.communicate(timeout=120)[0]) for process in processes]

    assert sum(won) == 100


def test_leftovers_are_ignored_and_swept(tmp_path: Path) -> None:
    """Temporary files of dead writers are never listed; old ones are swept, fresh ones may be somebody's."""
    FolderStore(tmp_path).put("a/b", b"x")
    old, fresh = tmp_path / "~tmp" / "old", tmp_path / "~tmp" / "fresh"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (0, 0))
    store = FolderStore(tmp_path)
    store.put("a/c", b"x")

    assert [info.key for info in store.list("")] == ["a/b", "a/c"]
    assert (old.exists(), fresh.exists()) == (False, True)


def test_nothing_is_left_of_a_lost_race(tmp_path: Path) -> None:
    """A write that conflicts leaves no temporary file."""
    store = FolderStore(tmp_path)
    store.put("a", b"x")
    with pytest.raises(ConflictError):
        store.put("a", b"y", if_absent=True)

    assert list((tmp_path / "~tmp").iterdir()) == []


def test_etag_with_a_standing_clock(tmp_path: Path) -> None:
    """Where the machine's clock stands or goes back, the version still rises with every write."""
    store = FolderStore(tmp_path)
    store.put("a", b"1")
    ahead = 2**62
    os.utime(tmp_path / "a", ns=(ahead, ahead))
    before = store.get("a")
    assert before is not None
    etags = [before.etag, *(store.put("a", b"1") for _ in range(3))]

    assert len(set(etags)) == 4
    assert store.get("a").etag == etags[-1]
    assert (tmp_path / "a").stat().st_mtime_ns == ahead + 3


def test_version_rises_where_the_clock_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes within one tick of the machine's clock still have rising modification times."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
    store, times = FolderStore(tmp_path), []
    for _ in range(4):
        store.put("a", b"1")
        times.append((tmp_path / "a").stat().st_mtime_ns)

    assert times == [1_800_000_000_000_000_000 + n for n in range(4)]


def test_blobs_are_plain_files(tmp_path: Path) -> None:
    """A blob is a file of its name that people can read."""
    FolderStore(tmp_path).put("connectors/hr/state.json", b'{"version":1}')

    assert (tmp_path / "connectors/hr/state.json").read_text() == '{"version":1}'


def test_empty_folders_go_with_their_last_blob(tmp_path: Path) -> None:
    """Deleting the last blob of a folder removes the folder, not its neighbours, not the root."""
    store = FolderStore(tmp_path)
    store.put("a/b/c", b"x")
    store.put("a/d", b"x")
    store.delete("a/b/c")

    assert ((tmp_path / "a/b").exists(), (tmp_path / "a/d").exists()) == (False, True)

    store.delete("a/d")
    assert (tmp_path.exists(), (tmp_path / "a").exists()) == (True, False)


def test_a_key_is_no_folder(tmp_path: Path) -> None:
    """On a folder a key can't be another key's folder: a ValueError, and nothing is broken."""
    store = FolderStore(tmp_path)
    store.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        with pytest.raises(ValueError, match="key"):
            store.put(key, b"y")

    assert [info.key for info in store.list("")] == ["a/b"]


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """A store that was only read leaves no folder behind."""
    store = FolderStore(tmp_path / "state")

    assert (store.get("a"), list(store.list("")), store.read_range("a", 0, 1)) == (None, [], None)
    store.delete("a")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.EACCES, AccessDeniedError),
        (errno.EROFS, AccessDeniedError),
        (errno.ENOSPC, UnavailableError),
        (errno.EIO, UnavailableError),
    ],
)
def test_failing_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]) -> None:
    """A folder that refuses us is for an administrator, a full or broken disk may pass; the old blob stays."""
    store = FolderStore(tmp_path)
    store.put("a", b"old")

    def fail(_: int) -> None:
        raise OSError(code, "broken")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(expected, match=errno.errorcode[code]):
        store.put("a", b"new")

    assert store.get("a").data == b"old"
    assert list((tmp_path / "~tmp").iterdir()) == []


def test_writes_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write syncs the whole file and the folders that it changed, unless told not to; so does a deletion."""
    synced: list[str] = []
    sizes: list[int] = []
    real = os.fsync

    def record(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        if os.fstat(descriptor).st_nlink == 1:
            sizes.append(os.fstat(descriptor).st_size)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    FolderStore(tmp_path).put("a/b/c", b"x" * 100)
    FolderStore(tmp_path, sync=False).put("d/e", b"x")
    written = synced[1:]
    FolderStore(tmp_path).delete("a/b/c")

    assert (written, sizes[0]) == (["b", "a", tmp_path.name], 100)
    assert synced[4:] == ["b"]


def test_root_may_be_text(tmp_path: Path) -> None:
    """A root given as text works as well."""
    store = FolderStore(str(tmp_path / "x"))
    store.put("a", b"1")

    assert (tmp_path / "x" / "a").read_bytes() == b"1"


def test_state_on_this_machine_is_its_owners_alone(tmp_path: Path) -> None:
    """The folder is closed to others, and a written blob too, whatever the umask says."""
    before = os.umask(0)
    try:
        FolderStore(tmp_path / "state").put("a/b.json", b"{}")
    finally:
        os.umask(before)

    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state" / "a" / "b.json").stat().st_mode & 0o077 == 0
