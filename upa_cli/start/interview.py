"""The questions of `upa init`; each is asked again until the connector file accepts the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypedDict

import typer

from upa_cli.start.starter import Starter, starter_text
from upa_core.domain.cloud import CLOUDS

UNKNOWN_APP = "00000000-0000-0000-0000-000000000000"
"""The owner of directory extensions until the real one is asked for, after the mappings."""
EXAMPLE = ("CostCenter", "employeeOrgData.costCenter")
PLACEHOLDER = Starter(
    name="people",
    tenant="contoso.onmicrosoft.com",
    cloud="global",
    admin_url="https://contoso-admin.sharepoint.com",
    site_url="https://contoso.sharepoint.com/sites/upa",
    folder="Imports",
    mappings=(EXAMPLE,),
)
Check = Callable[[str], Starter]
"""Builds the file to check from an answer; everything else in it is answered already, or a placeholder."""


def addresses(sharepoint: str, site: str, cloud: str) -> tuple[str, str]:
    """Return the addresses of the admin site and the site, from SharePoint's name, a host or an address, and a path."""
    suffix = CLOUDS[cloud].sharepoint_suffix if cloud in CLOUDS else "sharepoint.com"
    given = sharepoint.strip().rstrip("/")
    host = given.partition("://")[2] or given
    if "://" in given and not host.lower().endswith(f".{suffix}"):
        admin, root = given, given.replace("-admin.", ".", 1)  # another tenant's hosts, as upa sim has them
    else:
        short = host.partition(".")[0].removesuffix("-admin")
        admin, root = f"https://{short}-admin.{suffix}", f"https://{short}.{suffix}"
    return admin, site.strip() if "://" in site else f"{root}/{site.strip().strip('/')}"


class Interview:
    """Asks in a terminal for what wasn't given; prompts go to the error stream."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Begin without answers."""
        self._environ = environ
        self._file = PLACEHOLDER

    def cloud(self) -> str:
        """Ask for the national cloud."""
        text = f"Cloud ({', '.join(CLOUDS)}; GCC is global)"
        return self._ask(text, lambda one: replace(self._file, cloud=one, **_sites("contoso", one)), "global")

    def tenant(self, cloud: str) -> str:
        """Ask for the tenant."""
        self._file = replace(self._file, cloud=cloud, **_sites("contoso", cloud))
        return self._ask(
            "Tenant id or verified domain (contoso.onmicrosoft.com)", lambda one: replace(self._file, tenant=one)
        )

    def sharepoint(self, cloud: str) -> str:
        """Ask for SharePoint's name."""
        return self._ask(
            "SharePoint's name (contoso in contoso.sharepoint.com)",
            lambda one: replace(self._file, **_sites(one, cloud)),
        )

    def site(self, sharepoint: str, cloud: str) -> str:
        """Ask for the site of the library."""
        return self._ask(
            "Site that will hold import files, never the admin site",
            lambda one: replace(self._file, **_sites(sharepoint, cloud, one)),
            "/sites/upa",
        )

    def certificate(self) -> tuple[str | None, str | None]:
        """Ask how to sign in: return client id and place of a certificate, or neither for a managed identity."""
        if not typer.confirm("Sign in with a certificate (otherwise managed identity)?", err=True):
            return None, None
        client_id = self._ask(
            "Application (client) id", lambda one: replace(self._file, client_id=one, certificate="upa-sync.pem")
        )
        place = self._ask(
            "PEM or PFX file, or Key Vault address",
            lambda one: replace(self._file, client_id=client_id, certificate=one),
        )
        return client_id, place

    def extension_app(self) -> str:
        """Ask who owns the directory extensions."""
        return self._ask(
            "Application id that owns the directory extensions (ext:…)",
            lambda one: replace(self._file, extension_app=one, mappings=(("Unused", "ext:Unused"),)),
        )

    def mappings(self, extension_app: str | None) -> list[tuple[str, str]]:
        """Ask for mappings until a property is left empty; the first has an example as its default."""
        self._file = replace(self._file, extension_app=extension_app or UNKNOWN_APP)
        pairs: list[tuple[str, str]] = []
        while True:
            target = self._ask(
                "Profile property (empty to end)" if pairs else "Profile property",
                partial(self._with_target, known=tuple(pairs)),
                "" if pairs else EXAMPLE[0],
            )
            if not target:
                return pairs
            source = self._ask(
                f"Entra attribute for {target}",
                partial(self._with_source, target=target),
                None if pairs else EXAMPLE[1],
            )
            pairs.append((target, source))

    def _with_target(self, target: str, known: tuple[tuple[str, str], ...]) -> Starter:
        return replace(self._file, mappings=(*known, (target or "Unused", "department")))

    def _with_source(self, source: str, target: str) -> Starter:
        return replace(self._file, mappings=((target, source),))

    def _ask(self, question: str, check: Check, default: str | None = None) -> str:
        def proc(answer: str) -> str:
            if problem := self._problem(check(answer.strip())):
                raise typer.BadParameter(problem)
            return answer.strip()

        return str(typer.prompt(question, default=default, show_default=bool(default), value_proc=proc, err=True))

    def _problem(self, file: Starter) -> str:
        """Return the connector file's problem with an answer, "" where it accepts the answer."""
        from upa_core.config import ConfigFileError, load_config  # pydantic is slow

        try:
            load_config(starter_text(file), self._environ)
        except ConfigFileError as exc:
            first = exc.problems[0]
            return first.message + (f" (did you mean {first.suggestion}?)" if first.suggestion else "")
        return ""


class _Sites(TypedDict):
    admin_url: str
    site_url: str


def _sites(sharepoint: str, cloud: str, site: str = "/sites/upa") -> _Sites:
    admin, address = addresses(sharepoint, site, cloud)
    return {"admin_url": admin, "site_url": address}
