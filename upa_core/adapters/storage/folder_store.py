"""The store on a local folder: the embedded default of the demo, the command line and the tests.

A blob is a plain file that people can read. Writes go to a temporary file, are synced and renamed, so `kill -9` leaves
either the old or the new blob; other leftovers are in `~tmp`, a name that no key can have. POSIX only.
"""

from __future__ import annotations

import errno
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from upa_core.adapters.storage.store_keys import check_key, check_prefix
from upa_core.domain.errors import AccessDeniedError, ConfigError, ConflictError, UnavailableError
from upa_core.ports.store import Blob, BlobInfo

_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_FORM = {errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY}
_LONGEST_NAME = 255
"""Bytes that a name in a folder may have."""
_STALE_TEMPORARY = 24 * 3600.0


def checked_folder(name: str) -> Path:
    """Return the folder of a state, which needn't be there yet; raises `ConfigError` for a path that can't be one."""
    if name.startswith("~"):
        raise ConfigError("UPA_STATE begins with ~, which a setting doesn't expand; write folder:<whole path>")
    folder = Path(name)
    try:
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        if any(len(os.fsencode(part)) > _LONGEST_NAME for part in folder.parts) or "\0" in name:
            raise OSError("no such name")
    except (OSError, ValueError) as error:
        raise ConfigError("UPA_STATE names a folder that can't be; write folder:<path of a folder>") from error
    if not name.isprintable() or not there.is_dir():
        raise ConfigError("UPA_STATE names a file where a folder is needed; write folder:<path of a folder>")
    return folder


class FolderStore:
    """Implements the port `Store` on a folder, correct between threads and processes of one machine.

    A key can't be another key's folder (`a` beside `a/b`): that is a ValueError here.
    """

    def __init__(self, root: Path | str, *, sync: bool = True) -> None:
        """Use the folder; the first write makes it. Without `sync` a power failure may lose the last writes."""
        self._root = Path(root)
        self._temporary = self._root / "~tmp"
        self._sync = sync
        self._prepared = False

    @property
    def calls_at_once(self) -> int:
        """Return 1: writes take turns at the folder's lock anyway."""
        return 1

    def get(self, key: str) -> Blob | None:
        """Return the blob, or None where there is none."""
        path = self._path(key)
        with _translated(key):
            try:
                with path.open("rb") as file:
                    return Blob(file.read(), _etag(os.fstat(file.fileno())))
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Return at most `length` bytes from `start`."""
        path = self._path(key)
        with _translated(key):
            try:
                with path.open("rb") as file:
                    file.seek(start)
                    return file.read(length)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        """Write the whole blob atomically and return its new etag."""
        path = self._path(key)
        with _translated(key):
            self._prepare()
            temporary = self._temporary / uuid.uuid4().hex
            try:
                self._write_temporary(temporary, data)
                with self._locked():
                    return self._commit(key, path, temporary, if_match, if_absent)
            finally:
                temporary.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        """Delete the blob, and the folders that it leaves empty."""
        path = self._path(key)
        with _translated(key):
            if not path.is_file():
                return
            with self._locked():
                path.unlink(missing_ok=True)
                self._sync_folder(path.parent)
                for folder in path.parents:
                    if folder == self._root:
                        break
                    try:
                        folder.rmdir()
                    except OSError:
                        break

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Yield what is stored under the key prefix, ordered by key."""
        check_prefix(prefix)
        with _translated(prefix):
            start = prefix.rpartition("/")[0]
            yield from self._walk(self._root / start if start else self._root, f"{start}/" if start else "", prefix)

    def _walk(self, folder: Path, at: str, prefix: str) -> Iterator[BlobInfo]:
        try:
            entries = sorted((entry.name + "/" * entry.is_dir(), entry) for entry in os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        for name, entry in entries:
            key = at + name
            if "~" in name:
                continue
            if name.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._walk(Path(entry.path), key, prefix)
                continue
            if not key.startswith(prefix):
                continue
            with suppress(FileNotFoundError):  # deleted since the folder was read
                stat = entry.stat()
                yield BlobInfo(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _prepare(self) -> None:
        """Make the folder once, and delete the temporary files of writers that were killed."""
        if self._prepared and self._temporary.is_dir():
            return
        self._root.parent.mkdir(parents=True, exist_ok=True)
        self._root.mkdir(mode=0o700, exist_ok=True)  # it holds people's values: nobody else on this machine reads them
        self._temporary.mkdir(mode=0o700, exist_ok=True)
        for leftover in self._temporary.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - leftover.stat().st_mtime > _STALE_TEMPORARY:
                    leftover.unlink()
        self._prepared = True

    def _write_temporary(self, path: Path, data: bytes) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.utime(file.fileno(), ns=(moment := time.time_ns(), moment))
            if self._sync:
                os.fsync(file.fileno())

    def _commit(self, key: str, path: Path, temporary: Path, if_match: str | None, if_absent: bool) -> str:
        """Check the condition and rename, both under the lock."""
        before: os.stat_result | None = None
        with suppress(FileNotFoundError):
            before = path.stat()
        if before is not None and path.is_dir():
            raise ValueError(f"not a storage key here, it is a folder: {key}")
        if (if_absent and before is not None) or (
            if_match is not None and (before is None or _etag(before) != if_match)
        ):
            raise ConflictError(f"{key} was written by somebody else")
        mine = temporary.stat()
        if before is not None and mine.st_mtime_ns <= before.st_mtime_ns:  # the wall clock didn't move, or went back
            os.utime(temporary, ns=(mine.st_atime_ns, before.st_mtime_ns + 1))
        made = [folder for folder in path.parents if not folder.is_dir()]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
        for folder in (path.parent, *(folder.parent for folder in made)):
            self._sync_folder(folder)
        return _etag(path.stat())

    def _sync_folder(self, folder: Path) -> None:
        if self._sync:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock; the system frees it when a holder dies."""
        import fcntl  # absent on Windows, where only writing fails

        with (self._root / "~lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _etag(stat: os.stat_result) -> str:
    """Return the name of the version: `_commit` makes a key's modification times rise, whatever the content."""
    return f"{stat.st_mtime_ns:x}-{stat.st_ino:x}-{stat.st_size:x}"


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn the system's errors into the port's."""
    try:
        yield
    except OSError as error:
        code = error.errno or 0
        name = errno.errorcode.get(code, type(error).__name__)
        if code in _REFUSED:
            raise AccessDeniedError(f"{key}: the folder refuses us ({name})") from error
        if code in _FORM:
            raise ValueError(f"not a storage key here ({name}): {key}") from error
        raise UnavailableError(f"{key}: the folder failed ({name})") from error
