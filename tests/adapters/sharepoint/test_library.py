"""The document library over REST."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint import library_wire as wire
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.domain.errors import (
    AccessDeniedError,
    ConfigError,
    ForeignLinkError,
    RefusedError,
    UnavailableError,
)
from upa_core.ports.library import LibraryItem

ROOT = "https://contoso.sharepoint.com"
SITE = f"{ROOT}/sites/upa"
FOLDER = "/sites/upa/Imports"
URL = f"{ROOT}{FOLDER}/a.json"
API = f"{SITE}/_api/web"
LOCKED = {"odata.error": {"code": "-2147018894, Microsoft.SharePoint.SPFileLockException", "message": {"value": "x"}}}
MISSING = {"odata.error": {"code": "-2147024894, System.IO.FileNotFoundException", "message": {"value": "x"}}}
RETAINED = {"odata.error": {"code": "-1, System.X", "message": {"value": "This item is on hold or retained."}}}


class World:
    """The site over written-down answers."""

    def __init__(self, *replies: Any, site: str = SITE, folder: str = FOLDER) -> None:
        self.net = ScriptedTransport(*replies)
        service = Service(ROOT, FakeTokens(), FakeClock(), session=self.net.session(), jitter=lambda: 0.5)
        self.library = SharePointLibrary(service, site, folder)

    @property
    def asked(self) -> list[str]:
        """Method and address of the requests."""
        return [f"{request.method} {request.url}" for request in self.net.requests]


def test_url_of() -> None:
    """A file's URL is absolute and unencoded, and no call is made."""
    world = World()

    assert (world.library.url_of("a b.json"), world.asked) == (f"{ROOT}{FOLDER}/a b.json", [])


def test_upload() -> None:
    """A file is stored in one request that replaces an existing one."""
    world = World(reply(200, {}))
    world.library.upload("a.json", b"\xef\xbb\xbf{}")

    assert world.asked == [
        (
            f"POST {API}/GetFolderByServerRelativePath(decodedUrl='{FOLDER}')/Files/"
            "AddUsingPath(decodedUrl='a.json',overwrite=true)"
        )
    ]
    assert world.net.requests[0].body == b"\xef\xbb\xbf{}"


def test_odd_names_are_quoted_then_encoded() -> None:
    """An odd quote in a path is doubled, then everything is encoded."""
    world = World(reply(200, {}), site=ROOT, folder="/Shared Documents/O'Neil #1")
    world.library.upload("ä'%.json", b"x")

    assert world.asked == [
        (
            f"POST {ROOT}/_api/web/GetFolderByServerRelativePath(decodedUrl='/Shared%20Documents/O%27%27Neil%20%231')"
            "/Files/AddUsingPath(decodedUrl='%C3%A4%27%27%25.json',overwrite=true)"
        )
    ]


def test_upload_is_repeated() -> None:
    """An upload that failed is sent again: storing the same bytes twice is storing them once."""
    world = World(reply(500, {}), reply(200, {}))
    world.library.upload("a.json", b"x")

    assert len(world.asked) == 2


def test_refused_uploads() -> None:
    """A missing folder is a refusal, a lock passes."""
    with pytest.raises(RefusedError, match="FileNotFound"):
        World(reply(404, MISSING)).library.upload("a.json", b"x")
    with pytest.raises(UnavailableError):
        World(reply(423, LOCKED)).library.upload("a.json", b"x")


@pytest.mark.parametrize("length", ["12", 12])
def test_size(length: object) -> None:
    """A file's size is asked of the server; it comes as a string."""
    world = World(reply(200, {"Length": length}))

    assert world.library.size(URL) == 12
    assert world.asked == [f"GET {API}/GetFileByServerRelativePath(decodedUrl='{FOLDER}/a.json')?$select=Length"]


@pytest.mark.parametrize("status", [404, 400, 500])
def test_nothing_there(status: int) -> None:
    """What isn't there reads as None, whichever status tells it, and is as good as deleted."""
    for method in ("size", "download", "items"):
        assert getattr(World(reply(status, MISSING)).library, method)(URL) is None
    for method in ("delete_file", "delete_folder"):
        assert getattr(World(reply(status, MISSING)).library, method)(URL) is True


@pytest.mark.parametrize("document", [{}, {"Length": None}, {"Length": "x"}, []])
def test_size_that_cannot_be_read(document: object) -> None:
    """A size that can't be read isn't a missing file."""
    with pytest.raises(UnavailableError):
        World(reply(200, document)).library.size(URL)


def test_download() -> None:
    """A file's content is downloaded byte for byte."""
    world = World(reply(200, body=b"\x00\xff{"))

    assert world.library.download(URL) == b"\x00\xff{"
    assert world.asked[0].endswith("/a.json')/$value")


def test_log_folder_url_may_be_encoded() -> None:
    """A URL from SharePoint is decoded before it is asked for, as `LogFolderUri` may be encoded."""
    world = World(reply(200, body=b"x"), reply(200, body=b"x"))
    world.library.download(f"{ROOT}/sites/upa/Imports/a%20b.log")
    world.library.download(f"{ROOT}/sites/upa/Imports/a b.log")

    assert world.asked[0] == world.asked[1]
    assert "decodedUrl='/sites/upa/Imports/a%20b.log'" in world.asked[0]


FOREIGN = ["https://evil.example/a", "http://contoso.sharepoint.com/a", f"{ROOT}:444/a", "/sites/upa/a", ""]


@pytest.mark.parametrize("url", FOREIGN)
@pytest.mark.parametrize("method", ["size", "download", "items", "delete_file", "delete_folder"])
def test_foreign_urls_get_no_token(method: str, url: str) -> None:
    """A URL of another host, or of none, is refused before anything is sent."""
    world = World()
    with pytest.raises(ForeignLinkError):
        getattr(world.library, method)(url)

    assert world.asked == []


def test_items_follow_pages() -> None:
    """Files and folders are listed page by page, with absolute URLs that lead back to them."""
    following = f"{API}/files?$skiptoken=2"
    world = World(
        reply(200, {"value": [entry("a.json", Length="3")], "odata.nextLink": following}),
        reply(200, {"value": [entry("50% #1?.json", Length="0")]}),
        reply(200, {"value": [entry("a-Logs")]}),
    )
    items = world.library.items()

    created = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert items == [
        LibraryItem("a.json", URL, 3, False, created),
        LibraryItem("50% #1?.json", f"{ROOT}{FOLDER}/50%25 %231%3F.json", 0, False, created),
        LibraryItem("a-Logs", f"{ROOT}{FOLDER}/a-Logs", 0, True, created),
    ]
    assert world.asked[1] == f"GET {following}"


def entry(name: str, **more: Any) -> dict[str, Any]:
    """Write an entry of a listing down."""
    return {"Name": name, "ServerRelativeUrl": f"{FOLDER}/{name}", "TimeCreated": "2026-11-22T10:00:00Z", **more}


def test_foreign_next_link_of_a_listing() -> None:
    """A listing that goes on at another host is refused."""
    with pytest.raises(ForeignLinkError):
        World(reply(200, {"value": [], "@odata.nextLink": "https://evil.example/"})).library.items()


def test_listing_that_repeats_itself() -> None:
    """A listing whose next page is itself is no answer."""
    following = f"{API}/files?$skiptoken=2"
    page = reply(200, {"value": [], "odata.nextLink": following})
    with pytest.raises(UnavailableError):
        World(page, page).library.items()


@pytest.mark.parametrize(
    "document",
    [{}, {"value": 5}, {"value": [{}]}, {"value": [5]}, {"value": [entry("a", Length="x")]}, {"value": [entry("a")]}],
)
def test_listing_that_cannot_be_read(document: object) -> None:
    """A listing that can't be read isn't an empty one."""
    with pytest.raises(UnavailableError):
        World(reply(200, document)).library.items()


def test_folder_past_the_list_view_threshold() -> None:
    """A folder with too many items is refused, with the type's name: asking again won't help."""
    name = "-2147024860, Microsoft.SharePoint.SPQueryThrottledException"
    world = World(reply(500, {"odata.error": {"code": name, "message": {"value": "x"}}}))
    with pytest.raises(RefusedError, match="SPQueryThrottledException") as caught:
        world.library.items()

    assert (caught.value.code, len(world.asked)) == (name, 1)


def test_delete_is_permanent() -> None:
    """A delete is REST's own, which passes the recycle bin, whatever the version."""
    world = World(reply(200, {}), reply(200, {}))

    assert world.library.delete_file(URL)
    assert world.library.delete_folder(f"{ROOT}{FOLDER}/a-Logs")
    assert world.asked == [
        f"POST {API}/GetFileByServerRelativePath(decodedUrl='{FOLDER}/a.json')",
        f"POST {API}/GetFolderByServerRelativePath(decodedUrl='{FOLDER}/a-Logs')",
    ]
    for request in world.net.requests:
        assert (request.headers["X-HTTP-Method"], request.headers["IF-MATCH"]) == ("DELETE", "*")


@pytest.mark.parametrize(
    ("status", "body"),
    [(423, LOCKED), (409, {}), (500, LOCKED), (400, LOCKED), (403, RETAINED), (500, RETAINED), (400, RETAINED)],
)
def test_locked_or_retained_is_false(status: int, body: object) -> None:
    """What is locked or retained stays for now, and that is no error; it is not hammered."""
    for method in ("delete_file", "delete_folder"):
        world = World(reply(status, body))

        assert getattr(world.library, method)(URL) is False
        assert len(world.asked) == 1


def test_other_refusals_of_a_delete() -> None:
    """A delete without the right is access denied, an unknown refusal is refused."""
    with pytest.raises(AccessDeniedError):
        World(
            reply(403, {"odata.error": {"code": "-1, X", "message": {"value": "Access denied."}}})
        ).library.delete_file(URL)
    with pytest.raises(RefusedError):
        World(reply(400, {})).library.delete_file(URL)


def test_folder_must_be_server_relative() -> None:
    """A folder that isn't a server-relative path is a configuration error."""
    with pytest.raises(ConfigError):
        World(folder="Imports")


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(lambda t: "/" not in t))
def test_any_name_survives_url_and_path(name: str) -> None:
    """The URL that a listing gives leads back to the very path."""
    path = f"/sites/upa/{name}"

    assert wire.path_of(wire.url_of(ROOT, path)) == path


@pytest.mark.parametrize("message", ["The item is on hold.", "It has been declared AS A RECORD.", "checked out by Ann"])
def test_every_way_in_which_sharepoint_says_that_it_keeps_a_file_is_known(message: str) -> None:
    """It is tried again another day, and is no error of ours."""
    world = World(reply(403, {"odata.error": {"code": "-2147024891", "message": {"value": message}}}))

    assert world.library.delete_file(URL) is False


CHECKED_OUT = {"CheckOutType": 0, "Level": 255}
DRAFT = {"CheckOutType": 2, "Level": 2, "MajorVersion": 0, "MinorVersion": 1}
SAID_NO = {"odata.error": {"code": "-1, Microsoft.SharePoint.SPException", "message": {"value": "x"}}}


@pytest.mark.parametrize("shown", [CHECKED_OUT, DRAFT])
@pytest.mark.parametrize("trouble", [reply(429, {}, headers={"Retry-After": "1"}), reply(503, {}), reply(500, {})])
def test_a_busy_service_is_no_refusal_of_a_check_in(shown: dict[str, int], trouble: Any) -> None:
    """A throttled or broken answer is asked again: it says nothing about the library."""
    world = World(reply(200, shown), trouble, reply(200, {}))
    world.library.upload("a.json", b"x")

    assert len(world.asked) == 3
    assert world.asked[1] == world.asked[2]


def test_a_draft_is_published_and_a_refusal_leaves_it() -> None:
    """Readers may see drafts: a refusal stops nothing, and the doctor tells what the library does."""
    world = World(reply(200, DRAFT), reply(500, SAID_NO))
    world.library.upload("a.json", b"x")

    assert world.asked[1:] == [
        f"POST {API}/GetFileByServerRelativePath(decodedUrl='{FOLDER}/a.json')/Publish(comment='')"
    ]


@pytest.mark.parametrize(
    "path", ["/sites/hr/Payroll/a.json", f"{FOLDER}/b.json", f"{FOLDER}/sub/a.json", f"{FOLDER}/../Payroll/a.json", ""]
)
def test_what_a_listing_names_lies_in_the_folder(path: str) -> None:
    """An entry whose address leads elsewhere is garbled: what is listed may be read, and deleted."""
    entry = {"Name": "a.json", "ServerRelativeUrl": path, "TimeCreated": "2026-11-22T10:00:00Z", "Length": "1"}
    world = World(*[reply(200, {"value": [entry]})] * 9)
    with pytest.raises(UnavailableError):
        world.library.items()


def test_json_of_a_size_that_would_fill_the_memory_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MB of empty lists would take 1.5 GB once decoded; an answer ends at 16."""
    world = World(*[reply(200, body=b"[" + b"[]," * (6 * 1024 * 1024))] * 9)
    with pytest.raises(UnavailableError, match="more than 16777216 bytes"):
        world.library.items()
