"""The answers that make a connector file: options, a pasted PnP command, and in a terminal the questions left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from upa_cli.pnp.pasted import FromPnp
from upa_cli.shell import exits
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean
from upa_cli.start.interview import Interview, addresses
from upa_core.domain.cloud import CLOUDS


@dataclass(frozen=True, slots=True)
class Answers:
    """What is given so far; None where it isn't."""

    tenant: str | None
    sharepoint: str | None
    site: str | None
    cloud: str | None
    client_id: str | None
    certificate: str | None
    extension_app: str | None
    mappings: Sequence[tuple[str, str]] = ()
    """Property and attribute."""

    def or_pasted(self, pnp: FromPnp) -> Answers:
        """Take what isn't given from a pasted command; its mappings come before those that are given."""
        return replace(
            self,
            tenant=self.tenant or pnp.tenant,
            sharepoint=self.sharepoint or pnp.sharepoint,
            site=self.site or pnp.site,
            cloud=self.cloud or pnp.cloud,
            client_id=self.client_id or pnp.client_id,
            certificate=self.certificate or pnp.certificate,
            mappings=(*pnp.mappings, *self.mappings),
        )


class Complete(TypedDict):
    """Fields of a `Starter`."""

    tenant: str
    cloud: str
    admin_url: str
    site_url: str
    client_id: str | None
    certificate: str | None
    extension_app: str | None
    mappings: Sequence[tuple[str, str]]


def complete(given: Answers, ask: Interview, *, asking: bool, joined: bool) -> Complete:
    """Ask for what isn't given.

    Args:
        given: the answers so far.
        ask: asks in a terminal.
        asking: somebody is there; without them only the tenant, SharePoint's name and a mapping are asked for.
        joined: a file's own mappings are there, so none has to be asked for.

    Raises `CommandError` for a cloud that doesn't exist.
    """
    cloud = given.cloud or (ask.cloud() if asking and not given.sharepoint else "global")
    if cloud not in CLOUDS:
        raise CommandError(f"--cloud is {', '.join(CLOUDS)}, not {clean(cloud)[:40]!r}", exits.USAGE)
    tenant = given.tenant or ask.tenant(cloud)
    sharepoint = given.sharepoint or ask.sharepoint(cloud)
    site = given.site or (ask.site(sharepoint, cloud) if asking else "/sites/upa")
    client_id, certificate, extension_app = given.client_id, given.certificate, given.extension_app
    if asking and client_id is None:
        client_id, certificate = ask.certificate()
    mappings = given.mappings or (() if joined else ask.mappings(extension_app))
    if asking and extension_app is None and any(source.startswith("ext:") for _, source in mappings):
        extension_app = ask.extension_app()
    admin_url, site_url = addresses(sharepoint, site, cloud)
    return {
        "tenant": tenant,
        "cloud": cloud,
        "admin_url": admin_url,
        "site_url": site_url,
        "client_id": client_id,
        "certificate": certificate,
        "extension_app": extension_app,
        "mappings": mappings,
    }
