"""The document library over SharePoint REST [SP-30, SP-33]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.body import MAX_ANSWER
from upa_core.adapters.http.bounded_json import decode_json
from upa_core.adapters.http.sending import Accept
from upa_core.adapters.http.service import Service
from upa_core.adapters.http.wire_errors import error_codes
from upa_core.adapters.sharepoint import library_wire as wire
from upa_core.domain.errors import ConfigError, RefusedError, TooLargeError, UnavailableError
from upa_core.ports.library import MAX_DOWNLOAD, NOT_CHECKED_IN, LibraryItem

MAX_PAGES = 1_000
"""Pages of one listing; the list view threshold ends each listing sooner."""
_JSON = {"Accept": "application/json;odata=nometadata"}


class SharePointLibrary:
    """Implements the port `Library` for one folder of one site."""

    def __init__(self, service: Service, site_url: str, folder: str) -> None:
        """Use the service of the site's host; the folder is server-relative, e.g. /sites/upa/Imports."""
        self._service = service
        self._site = quote(urlsplit(service.check(site_url)).path.rstrip("/"), safe="/%")
        self._folder = folder.rstrip("/")
        if not self._folder.startswith("/"):
            raise ConfigError(f"the library folder must be server-relative, e.g. /sites/upa/Imports: {folder}")

    def url_of(self, name: str) -> str:
        """Return the absolute, unencoded URL of a file of this name in the folder; no call is made."""
        return wire.url_of(self._service.root, f"{self._folder}/{name}")

    def upload(self, name: str, content: bytes) -> None:
        """Store the file in one request, over an existing one; check it in, or publish it, so that others see it."""
        url = wire.folder_call(self._site, self._folder)
        url += f"/Files/AddUsingPath(decodedUrl={wire.literal(name)},overwrite=true)"
        headers = _JSON | {"Content-Type": "application/octet-stream"}
        answer = self._call("POST", url, "Files/AddUsingPath", headers=headers, body=content)
        if answer.status == 423:
            raise UnavailableError(answer.label("the file is locked"), status=answer.status)
        if not answer.ok:
            raise answer.refused()
        shown = _shown(answer)
        if wire.is_checked_out(shown):
            self._check_in(f"{self._folder}/{name}")
        elif wire.is_minor_version(shown):
            self._publish(f"{self._folder}/{name}")

    def _check_in(self, path: str) -> None:
        """Publish a file that others don't see yet; a check-in by an earlier attempt is enough."""
        file = wire.file_call(self._site, path)
        answer = self._call("POST", f"{file}/CheckIn(comment='',checkintype=1)", "File/CheckIn", accept=_refused)
        if answer.ok:
            return
        shown = self._call("GET", f"{file}?$select=CheckOutType,Level", "File?$select=CheckOutType,Level", json=True)
        if not shown.ok:
            raise shown.refused()
        if wire.is_checked_out(shown.document):
            why = "the library requires check-out and refuses to check the file in (a column that must be filled?)"
            raise RefusedError(answer.label(why), code=NOT_CHECKED_IN)

    def _publish(self, path: str) -> None:
        """Make a minor version a major one [SP-132]; where that is refused it stays a draft, which readers may see."""
        self._call("POST", f"{wire.file_call(self._site, path)}/Publish(comment='')", "File/Publish", accept=_refused)

    def size(self, url: str) -> int | None:
        """Return the file's size at the server in bytes, None where there is no such file."""
        answer = self._file("GET", url, "?$select=Length", "File?$select=Length", json=True)
        if answer is None:
            return None
        try:
            return int(answer.document["Length"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise answer.garbled("no Length in it") from error

    def download(self, url: str, *, most: int = MAX_DOWNLOAD) -> bytes | None:
        """Return the file's content, None where there is no such file."""
        answer = self._file("GET", url, "/$value", "File/$value", most=most)
        return None if answer is None else answer.content

    def digest(self, url: str, *, most: int = MAX_DOWNLOAD) -> str | None:
        """Return the SHA-256 of the file's content in hex, None where there is no such file."""
        answer = self._file("GET", url, "/$value", "File/$value", most=most, digest=True)
        return None if answer is None else answer.digest

    def items(self, folder_url: str | None = None) -> Sequence[LibraryItem] | None:
        """List a folder (the configured one by default), None where there is no such folder."""
        folder = self._folder if folder_url is None else self._path(folder_url)
        found: list[LibraryItem] = []
        for kind, size in (("Files", ",Length"), ("Folders", "")):
            url: str | None = (
                wire.folder_call(self._site, folder) + f"/{kind}?$select=Name,ServerRelativeUrl,TimeCreated{size}"
            )
            pages = 0
            while url is not None:
                pages += 1
                answer = self._call("GET", url, f"Folder/{kind}", json=True, accept=_final)
                if not answer.ok:
                    if _missing(answer):
                        return None
                    raise answer.refused()
                found += self._entries(answer, folder, is_folder=kind == "Folders")
                following = wire.next_link(answer.document)
                if following is not None and following == url:
                    raise answer.garbled("its next link is the link just followed")
                if pages == MAX_PAGES:
                    raise answer.garbled(f"more than {MAX_PAGES} pages")
                url = following
        return found

    def delete_file(self, url: str) -> bool:
        """Delete for good, past the recycle bin; False while it is locked or retained."""
        return self._delete(wire.file_call(self._site, self._path(url)), "File (DELETE)")

    def delete_folder(self, url: str) -> bool:
        """Delete a folder with its contents for good; answers as `delete_file`."""
        return self._delete(wire.folder_call(self._site, self._path(url)), "Folder (DELETE)")

    def _entries(self, answer: Answer, folder: str, *, is_folder: bool) -> list[LibraryItem]:
        root = self._service.root
        try:
            return [wire.item_of(one, root, folder, is_folder=is_folder) for one in answer.document["value"]]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise answer.garbled("not a listing") from error

    def _delete(self, url: str, call: str) -> bool:
        """REST's delete is permanent; `recycle()` would be the soft form [SP-61]."""
        headers = _JSON | {"X-HTTP-Method": "DELETE", "IF-MATCH": "*"}
        answer = self._call("POST", url, call, headers=headers, accept=lambda a: _missing(a) or _kept(a))
        if answer.ok or _missing(answer):
            return True
        if _kept(answer):
            return False
        raise answer.refused()

    def _file(
        self,
        method: str,
        url: str,
        suffix: str,
        call: str,
        *,
        json: bool = False,
        most: int = MAX_ANSWER,
        digest: bool = False,
    ) -> Answer | None:
        """Call a file; None where there is no such file.

        Seven parameters: the parts of a request, as in `Service.request`.
        """
        path = wire.file_call(self._site, self._path(url)) + suffix
        try:
            answer = self._service.request(
                method, path, call, headers=_JSON, json=json, accept=_missing, most=most, digest=digest
            )
        except TooLargeError as error:
            raise RefusedError(str(error), code="too_large") from error
        if answer.ok:
            return answer
        if _missing(answer):
            return None
        raise answer.refused()

    def _path(self, url: str) -> str:
        return wire.path_of(self._service.check(url))

    def _call(
        self,
        method: str,
        url: str,
        call: str,
        *,
        headers: Mapping[str, str] = _JSON,
        body: bytes | None = None,
        json: bool = False,
        accept: Accept = lambda _: False,
    ) -> Answer:
        """Send the request. Seven parameters: the parts of a request, as in `Service.request`."""
        return self._service.request(method, url, call, headers=headers, body=body, json=json, accept=accept)


def _shown(answer: Answer) -> object:
    """Return the file as the answer to an upload shows it, None where the answer doesn't."""
    try:
        return decode_json(answer.content)
    except ValueError:
        return None


def _refused(answer: Answer) -> bool:
    """Return whether SharePoint itself says no; a throttled or broken answer says nothing."""
    return answer.status in (400, 403, 409, 423, 500) and bool(error_codes(answer.content))


def _missing(answer: Answer) -> bool:
    return not answer.ok and wire.is_missing(answer.status, answer.content)


def _final(answer: Answer) -> bool:
    return _missing(answer) or (not answer.ok and wire.is_too_long(answer.content))


def _kept(answer: Answer) -> bool:
    return not answer.ok and wire.is_kept(answer.status, answer.content)
