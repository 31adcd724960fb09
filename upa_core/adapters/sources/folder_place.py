"""A folder, of this machine or mounted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from os import stat_result
from pathlib import Path

from upa_core.adapters.sources.place import CHUNK, FileInfo
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError


class FolderPlace:
    """Implements `Place`: the last part of the path may hold `*` and `?`."""

    def __init__(self, path: str) -> None:
        """Take the path, e.g. /mnt/hr/people-*.csv."""
        whole = Path(path)
        self._folder, self._pattern = whole.parent, whole.name

    def files(self) -> Sequence[FileInfo]:
        """Return the files whose name fits."""
        found = []
        try:
            for entry in self._folder.iterdir():
                if fnmatchcase(entry.name, self._pattern):
                    try:
                        if entry.is_file():
                            found.append(_info(entry.name, entry.stat()))
                    except FileNotFoundError:
                        continue  # removed meanwhile
        except FileNotFoundError as exc:
            raise RefusedError(f"the folder {self._folder} isn't there") from exc
        except PermissionError as exc:
            raise AccessDeniedError(f"the folder {self._folder} may not be read") from exc
        except OSError as exc:
            raise UnavailableError(f"the folder {self._folder} can't be read: {exc.strerror}") from exc
        return found

    def read(self, file: FileInfo) -> Iterator[bytes]:
        """Yield the bytes of exactly that version."""
        path = self._folder / file.name
        try:
            with path.open("rb") as stream:
                while data := stream.read(CHUNK):
                    yield data
            now = _info(file.name, path.stat())
        except FileNotFoundError as exc:
            raise UnavailableError(f"{file.name} was taken away while it was read") from exc
        except PermissionError as exc:
            raise AccessDeniedError(f"{file.name} may not be read") from exc
        except OSError as exc:
            raise UnavailableError(f"{file.name} can't be read: {exc.strerror}") from exc
        if now != file:
            raise UnavailableError(f"{file.name} was replaced while it was read")


def _info(name: str, stat: stat_result) -> FileInfo:
    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
    return FileInfo(name, stat.st_size, modified, f"{stat.st_ino}-{stat.st_mtime_ns}")
