"""A site itself over REST, apart from its libraries: its addresses, its storage, its recycle bin, a form digest."""

from __future__ import annotations

from tenant_sim.library import Library
from tenant_sim.serving.http import Request, Response
from tenant_sim.sharepoint import shape


class SiteItself:
    """The answers about one site to one request."""

    def __init__(self, library: Library, request: Request, site: str) -> None:
        self._library, self._request, self._site = library, request, site
        self._base = f"{request.base_url}{site}"

    def contextinfo(self) -> Response:
        """Answer with a form digest. With bearer tokens nobody needs one [SP-22]; clients fetch it anyway."""
        info = {
            "__uri": "",
            "FormDigestTimeoutSeconds": 1800,
            "FormDigestValue": "0x0123456789ABCDEF,01 Jan 2026 00:00:00 -0000",
            "LibraryVersion": "16.0.23710.12002",
            "SiteFullUrl": self._base,
            "SupportedSchemaVersions": ["14.0.0.0", "15.0.0.0"],
            "WebFullUrl": self._base,
        }
        if shape.form(self._request) == "verbose":
            info = {"__uri": "", "GetContextWebInformation": {k: v for k, v in info.items() if k != "__uri"}}
        return shape.entity(self._request, info, "SP.ContextWebInformation")

    def web(self) -> Response:
        """Show the site as a web."""
        web = {
            "__uri": f"{self._base}/_api/Web",
            "Title": self._site.rsplit("/", 1)[-1] or "Home",
            "Url": self._base,
            "ServerRelativeUrl": self._site or "/",
        }
        return shape.entity(self._request, web, "SP.Web")

    def site(self) -> Response:
        """Show the site collection."""
        site = {"__uri": f"{self._base}/_api/Site", "Url": self._base, "ServerRelativeUrl": self._site or "/"}
        return shape.entity(self._request, site, "SP.Site")

    def usage(self) -> Response:
        """Show the storage in use, in bytes."""
        usage = {"__uri": "", "Storage": str(self._library.storage_bytes()), "StoragePercentageUsed": 0.0}
        return shape.entity(self._request, usage, "SP.UsageInfo")

    def recycle_bin(self) -> Response:
        """List the contents of the recycle bin."""
        items = [
            {"__uri": "", "LeafName": i.name, "DirName": i.parent.lstrip("/"), "Size": str(i.size)}
            for i in self._library.recycle_bin
        ]
        return shape.collection(self._request, items, "SP.RecycleBinItem", ("LeafName", "DirName", "Size"))
