"""The library over REST: the operations of paths like `web/getfolderbyserverrelativepath(…)/files/addusingpath(…)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenant_sim.library import Library
from tenant_sim.library_items import Item, LibraryError, not_found
from tenant_sim.serving.http import Request, Response
from tenant_sim.sharepoint import shape
from tenant_sim.sharepoint.files import (
    FIELD_FIELDS,
    FILE_FIELDS,
    FOLDER_FIELDS,
    show_fields,
    show_file,
    show_folder,
    show_label,
    show_list,
)
from tenant_sim.sharepoint.odata import Segment
from tenant_sim.sharepoint.site import SiteItself
from tenant_sim.sharepoint.uploads import Uploads

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_LABEL = "sp.compliancepolicy.sppolicystoreproxy.getlistcompliancetag"
Get = Callable[[], Item]
Found = tuple[str, Callable[[], Response]] | None


def _named(step: Segment, fields: tuple[str, ...]) -> str:
    """Return the property of an object that a step names, in whatever letter case; "" for none."""
    return next((one for one in fields if one.lower() == step.name and not step.args and not step.named), "")


class Web:
    """One request to one site. To resolve it changes nothing; to act on it does."""

    def __init__(self, sim: TenantSim, uploads: Uploads, request: Request, site: str) -> None:
        self._library: Library = sim.library
        self._uploads, self._request, self._site = uploads, request, site
        self._shown_site = SiteItself(sim.library, request, site)
        override = request.headers.get("x-http-method", "").upper()
        self._verb = override if request.method == "POST" and override else request.method

    # -- resolve a path ----------------------------------------------------------------------------------------------

    def resolve(self, path: list[Segment]) -> Found:
        """Find the operation of a path below `/_api/`."""
        head, rest = path[0], path[1:]
        if head.name == "contextinfo" and not rest:
            return ("contextinfo", self._shown_site.contextinfo) if self._verb == "POST" else None
        if head.name == "site":
            acts: dict[tuple[str, ...], Found] = {
                (): ("site.get", self._shown_site.site),
                ("usage",): ("site.usage", self._shown_site.usage),
            }
            return acts.get(tuple(step.name for step in rest)) if self._verb == "GET" else None
        if head.name.replace("_", ".") == _LABEL and not rest and self._verb == "POST":
            return "list.label", self._list_label
        if head.name != "web":
            return None
        return self._below_web(rest) if rest else ("web.get", self._shown_site.web)

    def _below_web(self, rest: list[Segment]) -> Found:
        step, rest = rest[0], rest[1:]
        if step.name in ("getfolderbyserverrelativepath", "getfolderbyserverrelativeurl"):
            wanted = step.arg("decodedurl", "serverrelativeurl", "serverrelativepath")
            return self._folder(lambda: self._library.folder(self._absolute(wanted)), rest)
        if step.name in ("getfilebyserverrelativepath", "getfilebyserverrelativeurl"):
            wanted = step.arg("decodedurl", "serverrelativeurl", "serverrelativepath")
            return self._file(lambda: self._library.file(self._absolute(wanted)), rest)
        if step.name == "getfolderbyid":
            return self._folder(lambda: self._by_id(step.arg("uniqueid")), rest)
        if step.name == "getfilebyid":
            return self._file(lambda: self._by_id(step.arg("uniqueid")), rest)
        if step.name == "folders":
            return self._folders(lambda: self._library.folder(self._site), step, rest)
        if step.name == "recyclebin" and not rest:
            return "recyclebin.list", self._shown_site.recycle_bin
        if step.name == "lists" and rest and rest[0].name == "getbytitle":
            return self._list(self._list_folder(str(rest[0].arg("title"))), rest[1:])
        if step.name == "getlist":
            return self._list(lambda: self._library.folder(self._absolute(step.arg("strlisturl"))), rest)
        return None

    def _list(self, get: Get, rest: list[Segment]) -> Found:
        if rest and rest[0].name == "rootfolder":
            return self._folder(get, rest[1:])
        if self._verb != "GET" or [step.name for step in rest] not in ([], ["fields"]):
            return None
        if rest:
            return "list.fields", lambda: self._fields(get)
        return "list.get", lambda: self._show_list(get)

    def _folder(self, get: Get, rest: list[Segment]) -> Found:
        if not rest:
            if self._verb == "DELETE":
                return "folder.delete", lambda: self._delete(get)
            return ("folder.get", lambda: self._show(get())) if self._verb == "GET" else None
        step = rest[0]
        if (field := _named(step, FOLDER_FIELDS)) and self._verb == "GET" and len(rest) == 1:
            return "folder.get", lambda: shape.scalar(self._request, field, self._shown(get())[field])
        if step.name == "files":
            return self._files(get, step, rest[1:])
        if step.name == "folders":
            return self._folders(get, step, rest[1:])
        if step.name == "deleteobject" and self._verb == "POST":
            return "folder.delete", lambda: self._delete(get)
        if step.name == "recycle" and self._request.method == "POST":
            return "folder.recycle", lambda: self._recycle(get)
        return None

    def _files(self, folder: Get, step: Segment, rest: list[Segment]) -> Found:
        if step.args:
            return self._file(lambda: self._library.file(f"{folder().path}/{step.args[0]}"), rest)
        if not rest:
            return ("files.list", lambda: self._children(folder, folders=False)) if self._verb == "GET" else None
        call = rest[0]
        if call.name in ("add", "addusingpath") and self._verb == "POST":
            return "files.add", lambda: self._add_file(folder, call)
        if call.name in ("getbyurl", "getbypath"):
            return self._file(lambda: self._library.file(f"{folder().path}/{call.arg('url', 'decodedurl')}"), rest[1:])
        return None

    def _folders(self, parent: Get, step: Segment, rest: list[Segment]) -> Found:
        if step.args:
            return self._folder(lambda: self._library.folder(f"{parent().path}/{step.args[0]}"), rest)
        if not rest and self._verb == "GET":
            return "folders.list", lambda: self._children(parent, folders=True)
        if not rest and self._verb == "POST":
            return "folders.add", lambda: self._add_folder(parent, self._body().get("ServerRelativeUrl"))
        if rest and rest[0].name in ("add", "addusingpath") and self._verb == "POST":
            return "folders.add", lambda: self._add_folder(parent, rest[0].arg("url", "decodedurl"))
        return None

    def _file(self, get: Get, rest: list[Segment]) -> Found:
        if not rest:
            if self._verb == "DELETE":
                return "file.delete", lambda: self._delete(get)
            return ("file.get", lambda: self._show(get())) if self._verb == "GET" else None
        step = rest[0]
        if step.name in ("$value", "openbinarystream"):
            return ("file.download", lambda: self._download(get)) if self._verb == "GET" else None
        if (field := _named(step, FILE_FIELDS)) and self._verb == "GET" and len(rest) == 1:
            return "file.get", lambda: shape.scalar(self._request, field, self._shown(get())[field])
        acts: dict[str, tuple[str, Callable[[], Response]]] = {
            "deleteobject": ("file.delete", lambda: self._delete(get)),
            "recycle": ("file.recycle", lambda: self._recycle(get)),
            "checkin": ("file.checkin", lambda: self._check_in(get, step)),
            "publish": ("file.publish", lambda: self._change(get, self._library.publish, "Publish")),
            "checkout": ("file.checkout", lambda: self._change(get, self._library.check_out, "CheckOut")),
            "approve": ("file.approve", lambda: self._change(get, self._library.approve, "Approve")),
            "startupload": ("file.startupload", lambda: self._slice(get, step)),
            "continueupload": ("file.continueupload", lambda: self._slice(get, step)),
            "finishupload": ("file.finishupload", lambda: self._slice(get, step)),
            "cancelupload": ("file.cancelupload", lambda: self._cancel(get, step)),
        }
        if step.name == "recycle" and self._request.method == "POST":
            return acts["recycle"]  # with X-HTTP-Method: DELETE too, as Microsoft's own pages show it
        return acts.get(step.name) if self._verb == "POST" else None

    # -- finding -----------------------------------------------------------------------------------------------------

    def _absolute(self, path: Any) -> str:
        if not isinstance(path, str):
            raise not_found()
        return path if path.startswith("/") else f"{self._site}/{path}"

    def _by_id(self, unique_id: Any) -> Item:
        item = self._library.by_id(str(unique_id))
        if item is None:
            raise not_found()
        return item

    def _list_folder(self, title: str) -> Get:
        def find() -> Item:
            name = "Shared Documents" if title.lower() == "documents" else title
            return self._library.folder(f"{self._site}/{name}")

        return find

    def _body(self) -> dict[str, Any]:
        body = self._request.json() if self._request.body else {}
        if isinstance(body, dict) and "parameters" in body:
            body = body["parameters"]
        return body if isinstance(body, dict) else {}

    def _base(self) -> str:
        return f"{self._request.base_url}{self._site}"

    def _shown(self, item: Item) -> dict[str, Any]:
        if item.is_folder:
            below = item.path.lower() + "/"
            count = sum(1 for i in self._library.items(item.path) if "/" not in i.path.lower().removeprefix(below))
            return show_folder(self._base(), item, count)
        return show_file(self._base(), item)

    # -- acting ------------------------------------------------------------------------------------------------------

    def _show(self, item: Item) -> Response:
        return shape.entity(self._request, self._shown(item), "SP.Folder" if item.is_folder else "SP.File")

    def _children(self, get: Get, *, folders: bool) -> Response:
        children = self._library.children(get().path, folders=folders)
        shown = [self._shown(child) for child in children]
        fields = FOLDER_FIELDS if folders else FILE_FIELDS
        return shape.collection(self._request, shown, "SP.Folder" if folders else "SP.File", fields)

    def _change(self, get: Get, change: Callable[[Item], None], name: str) -> Response:
        change(get())
        return shape.null(self._request, name)

    def _check_in(self, get: Get, step: Segment) -> Response:
        kind = step.named.get("checkintype", step.args[1] if len(step.args) > 1 else 0)
        return self._change(get, lambda item: self._library.check_in(item, kind), "CheckIn")

    def _show_list(self, get: Get) -> Response:
        item = get()
        count = len(self._library.items(item.path))
        shown = show_list(self._base(), item, self._library.settings_of(item.path), count)
        return shape.entity(self._request, shown, "SP.List")

    def _fields(self, get: Get) -> Response:
        settings = self._library.settings_of(get().path)
        return shape.collection(self._request, show_fields(settings), "SP.Field", FIELD_FIELDS)

    def _list_label(self) -> Response:
        """Show a library's default retention label.

        ASSUMED [SP-82]: call and answer are those of pnp's CLI; the site's own rights are enough, app-only too.
        """
        path = "/" + str(self._body().get("listUrl", "")).partition("://")[2].partition("/")[2]
        library = self._library.folder(path)
        if library.parent.lower() != self._site.lower():
            raise not_found()  # a folder of a library, or another site's
        label = self._library.label_of(library.path)
        if label is None:
            return shape.null(self._request, "GetListComplianceTag")
        return shape.entity(self._request, show_label(label), "SP.CompliancePolicy.ComplianceTag")

    def _add_file(self, get: Get, call: Segment) -> Response:
        name = call.named.get("decodedurl") or call.named.get("url") or (call.args[0] if call.args else None)
        overwrite = call.named.get("overwrite", call.args[1] if len(call.args) > 1 else False)
        name = str(name or "").rsplit("/", 1)[-1]
        item = self._library.add_file(get().path, name, self._request.body, overwrite=bool(overwrite))
        return self._show(item)

    def _add_folder(self, get: Get, url: Any) -> Response:
        if not isinstance(url, str) or not url:
            raise LibraryError(
                400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException", "No folder is named."
            )
        path = url if url.startswith("/") else f"{get().path}/{url}"
        item = self._library.add_folder(path)
        return shape.entity(self._request, self._shown(item), "SP.Folder", 201)

    def _download(self, get: Get) -> Response:
        item = get()
        etag = f'"{{{item.unique_id.upper()}}},{item.version}"'
        content = self._library.read(item)
        return Response(200, {"Content-Type": "application/octet-stream", "ETag": etag}, content)

    def _delete(self, get: Get) -> Response:
        item = get()
        self._match(item)
        self._library.delete(item)
        return Response(200, {"Content-Type": "application/json"}, b"")

    def _recycle(self, get: Get) -> Response:
        return shape.scalar(self._request, "Recycle", self._library.recycle(get()))

    def _match(self, item: Item) -> None:
        """Obey IF-MATCH."""
        wanted = self._request.headers.get("if-match", "*")
        if wanted != "*" and not item.is_folder and wanted != f'"{{{item.unique_id.upper()}}},{item.version}"':
            raise LibraryError(412, "-1, Microsoft.SharePoint.Client.ClientServiceException", "The ETag doesn't match.")

    def _slice(self, get: Get, step: Segment) -> Response:
        item, upload_id, data = get(), str(step.named.get("uploadid", "")), self._request.body
        offset = step.named.get("fileoffset", 0)
        if step.name == "startupload":
            return shape.scalar(self._request, "StartUpload", self._uploads.start(item, upload_id, data))
        if step.name == "continueupload":
            return shape.scalar(self._request, "ContinueUpload", self._uploads.proceed(item, upload_id, offset, data))
        return self._show(self._uploads.finish(item, upload_id, offset, data))

    def _cancel(self, get: Get, step: Segment) -> Response:
        self._uploads.cancel(get(), str(step.named.get("uploadid", "")))
        return shape.null(self._request, "CancelUpload")
