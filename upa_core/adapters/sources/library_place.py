"""A document library of SharePoint, over REST like our other reads there [SP-30]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from upa_core.adapters.sharepoint import library_wire as wire
from upa_core.adapters.sources.place import FileInfo
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError, UpaError

if TYPE_CHECKING:
    from upa_core.adapters.http.answer import Answer
    from upa_core.adapters.http.service import Service

MAX_PAGES = 100
"""Pages of one listing; the list view threshold ends any library's sooner."""
_JSON = {"Accept": "application/json;odata=nometadata"}
_SHOWN = "?$select=Name,Length,TimeLastModified,ETag,CheckOutType,Level"
_SITES = ("sites", "teams")


class LibraryPlace:
    """Implements `Place`: the last part of the path may hold `*` and `?`.

    SharePoint doesn't promise to read one version: the file's ETag and size are compared before the first byte and
    after the last one.
    """

    def __init__(self, service: Service, path: str) -> None:
        """Use the service of the site's host; the path is server-relative, e.g. /sites/hr/Shared Documents/*.csv."""
        self._service = service
        self._folder, _, self._pattern = path.rpartition("/")
        parts = path.split("/")
        self._site = "/".join(parts[:3]) if parts[1] in _SITES else ""

    def files(self) -> Sequence[FileInfo]:
        """Return the files whose name fits; a single file is asked for by its name."""
        if "*" not in self._pattern and "?" not in self._pattern:
            shown = self._shown(self._pattern)
            return [] if shown is None else [_info(shown)]
        folder = wire.folder_call(self._site, self._folder)
        url = f"{folder}/Files{_SHOWN}"
        found: list[FileInfo] = []
        for _ in range(MAX_PAGES):
            answer = self._ask(url, "Folder/Files")
            if not answer.ok:
                raise self._refused(answer)
            try:
                listed = [entry for entry in answer.document["value"] if fnmatchcase(entry["Name"], self._pattern)]
                found += map(_info, listed)
                following = wire.next_link(answer.document)
            except (KeyError, TypeError, ValueError, OverflowError) as exc:
                raise answer.garbled("not a listing") from exc
            if following is None:
                return found
            url = following
        raise answer.garbled(f"more than {MAX_PAGES} pages")

    def _refused(self, answer: Answer) -> UpaError:
        """Return the error for a refused listing."""
        if wire.is_missing(answer.status, answer.content):
            return RefusedError(f"the folder {self._folder} isn't there, or we may not see it")
        if wire.is_too_long(answer.content):
            text = "holds more files than SharePoint lists: name the file whole, or have old ones moved away"
            return RefusedError(f"the folder {self._folder} {text}")
        return answer.refused()

    def read(self, file: FileInfo) -> Iterator[bytes]:
        """Yield the bytes of exactly that version; a locked or checked-out file is tried again later."""
        self._check(file)
        path, size = f"{wire.file_call(self._site, self._path(file.name))}/$value", 0
        for data in self._service.stream(path, "File/$value", most=file.size, refusal=lambda a: _refusal(a, file.name)):
            size += len(data)
            yield data
        self._check(file)
        if size != file.size:
            raise UnavailableError(f"{file.name} broke off after {size:,} of {file.size:,} bytes")

    def _check(self, file: FileInfo) -> None:
        shown = self._shown(file.name)
        if shown is None:
            raise UnavailableError(f"{file.name} was taken away while it was read")
        if wire.is_checked_out(shown):
            raise UnavailableError(f"{file.name} is checked out: it is read once it is checked in")
        if _info(shown) != file:
            raise UnavailableError(f"{file.name} was replaced while it was read")

    def _shown(self, name: str) -> Mapping[str, Any] | None:
        """Return a file's properties, None where there is no such file."""
        answer = self._ask(wire.file_call(self._site, self._path(name)) + _SHOWN, "File")
        if answer.ok:
            try:
                _info(answer.document)
            except (KeyError, TypeError, ValueError, OverflowError) as exc:
                raise answer.garbled("not a file") from exc
            shown: Mapping[str, Any] = answer.document
            return shown
        if wire.is_missing(answer.status, answer.content):
            return None
        raise _refusal(answer, name)

    def _ask(self, url: str, call: str) -> Answer:
        try:
            return self._service.request("GET", url, call, headers=_JSON, json=True, accept=_final)
        except AccessDeniedError as exc:
            raise AccessDeniedError(f"the folder {self._folder} may not be read by us: {exc}") from None

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"


def library_place(service: Service, address: str) -> LibraryPlace:
    """Return the place of an address such as https://contoso.sharepoint.com/sites/hr/Shared%20Documents/*.csv."""
    path = unquote(address.partition("://")[2].partition("/")[2])
    return LibraryPlace(service, f"/{path}")


def _info(shown: Mapping[str, Any]) -> FileInfo:
    modified = datetime.fromisoformat(str(shown["TimeLastModified"]))
    modified = modified.replace(tzinfo=UTC) if modified.tzinfo is None else modified.astimezone(UTC)
    return FileInfo(str(shown["Name"]), int(shown["Length"]), modified, str(shown["ETag"]))


def _final(answer: Answer) -> bool:
    """Return whether asking again won't help."""
    missing = wire.is_missing(answer.status, answer.content)
    return not answer.ok and (missing or wire.is_too_long(answer.content) or answer.status == 423)


def _refusal(answer: Answer, name: str) -> UpaError:
    if wire.is_missing(answer.status, answer.content):
        return UnavailableError(f"{name} was taken away while it was read")
    if wire.is_kept(answer.status, answer.content):
        return UnavailableError(f"{name} is locked, somebody has it open: it is read once it is free", status=423)
    return answer.refused()
