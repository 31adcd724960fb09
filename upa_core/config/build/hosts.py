"""Hosts, sites and credentials of a connector: what may be followed with a token, checked once here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from upa_core.config.models import CredentialModel, CredentialsModel, SourceModel, TargetModel
from upa_core.config.problems import shown
from upa_core.config.result import Certificate, Credential, Credentials, ManagedIdentity
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.connector import Source, Target
from upa_core.domain.people.attributes import is_app_id

Add = Callable[..., None]

_DOMAIN = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}", re.ASCII)
_FOLDER = re.compile(r'[^"*:<>?|#%\\\x00-\x1f]+')
_VAULT = re.compile(
    r"https://[A-Za-z0-9-]{3,24}\.vault\.[a-z.]+/(secrets|certificates)/[A-Za-z0-9-]+(/[A-Za-z0-9]+)?/?", re.ASCII
)


def is_tenant(text: str) -> bool:
    """Return whether a text is a tenant id or a domain."""
    return (is_app_id(text) and "-" in text) or _DOMAIN.fullmatch(text) is not None


def build_source(model: SourceModel, add: Add) -> Source | None:
    """Build the source with its cloud; other endpoints replace the cloud's own."""
    complete = True
    if not is_tenant(model.tenant):
        add(("tenant",), f"{shown(model.tenant)} is neither a tenant id nor a domain such as contoso.onmicrosoft.com")
        complete = False
    if model.extension_app is not None and not is_app_id(model.extension_app):
        add(("extension_app",), f"{shown(model.extension_app)} isn't an application id (a GUID)")
        complete = False
    cloud = CLOUDS[model.cloud]
    for key in ("graph", "authority"):
        url = getattr(model.endpoints, key)
        if url is None:
            continue
        if reason := _bad_url(url, root=True):
            add(("endpoints", key), f"{shown(url)} {reason}")
            complete = False
        cloud = dataclasses.replace(cloud, **{key: url.rstrip("/")})
    return Source(cloud, model.tenant) if complete else None


def build_target(model: TargetModel, source: Source, add: Add, *, own_hosts: bool) -> Target | None:
    """Build the target; `own_hosts`: the cloud's hosts were replaced, so that host names can't be judged."""
    bad = False
    for key, root in (("admin_url", True), ("site_url", False)):
        if reason := _bad_url(getattr(model, key), root=root):
            add((key,), f"{shown(getattr(model, key))} {reason}", _root_of(getattr(model, key)) if root else "")
            bad = True
    if bad:
        return None
    admin, site = urlsplit(model.admin_url), urlsplit(model.site_url)
    if admin.netloc.lower() == site.netloc.lower() and not own_hosts and "-admin." not in admin.netloc:
        prefix, _, rest = admin.netloc.partition(".")
        add(("admin_url",), f"{shown(admin.netloc)} isn't an admin site", f"https://{prefix}-admin.{rest}")
        return None
    if admin.netloc.lower() == site.netloc.lower():
        add(("site_url",), "must not be the admin site: it can't hold import files", _site_host(model.admin_url))
        return None
    if not own_hosts and not _judge_hosts(admin.hostname or "", site.hostname or "", source, add):
        return None
    path = unquote(site.path).rstrip("/")
    folder = model.folder.rstrip("/") if model.folder.startswith("/") else f"{path}/{model.folder.strip('/')}"
    below = folder.removeprefix(path + "/")
    if not folder.startswith(path + "/") or not below:
        add(("folder",), f"{shown(model.folder)} isn't below the site {path or '/'}", f"{path}/Imports")
        return None
    if not _FOLDER.fullmatch(below) or any(part in ("", ".", "..") for part in below.split("/")):
        add(("folder",), f"{shown(model.folder)} has characters or parts that a folder can't have")
        return None
    before = (model.renamed_from or "").rstrip("/")
    if before and (reason := _bad_url(before, root=True)):
        add(("renamed_from",), f"{shown(before)} {reason}")
        return None
    return Target(model.admin_url.rstrip("/"), model.site_url.rstrip("/"), folder, before)


def _root_of(url: str) -> str:
    """Return the host alone of an address that was copied with its path."""
    if (plain := url.removeprefix("http://").rstrip("/")) != url or "://" not in url:
        return f"https://{plain}" if plain and not _bad_url(f"https://{plain}", root=True) else ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or not parts.path.strip("/"):
        return ""
    name, _, rest = host.partition(".")
    return f"https://{name.removesuffix('-admin')}-admin.{rest}" if rest.startswith("sharepoint") else f"https://{host}"


def _judge_hosts(admin: str, site: str, source: Source, add: Add) -> bool:
    cloud = source.cloud
    suffix = f".{cloud.sharepoint_suffix}"
    for key, host in (("admin_url", admin), ("site_url", site)):
        if not host.endswith(suffix):
            add((key,), f"{shown(host)} isn't a host of the cloud {cloud.name}, where they end in {suffix}")
            return False
    prefix = admin.removesuffix(suffix)
    if not prefix.endswith("-admin"):
        add(("admin_url",), f"{shown(admin)} isn't an admin site", f"https://{prefix}-admin{suffix}")
        return False
    names = {"admin_url": prefix.removesuffix("-admin"), "site_url": site.removesuffix(suffix)}
    if names["admin_url"] != names["site_url"]:
        _blame(names, suffix, source.tenant_id, add)
        return False
    return True


def _blame(names: dict[str, str], suffix: str, tenant: str, add: Add) -> None:
    """Add a problem about the address of another tenant: the one that isn't named like `tenant`, if one is."""
    own = tenant.lower().partition(".onmicrosoft.")
    ours = own[0] if own[1] and own[0] in names.values() else ""
    if not ours:
        admin = names["admin_url"] + "-admin" + suffix
        add(
            ("site_url",),
            f"{shown(names['site_url'] + suffix)} and admin_url ({shown(admin)}) are of different tenants",
        )
        return
    wrong = next(key for key, name in names.items() if name != ours)
    tail = "-admin" if wrong == "admin_url" else ""
    add(
        (wrong,), f"{shown(names[wrong] + tail + suffix)} isn't of the tenant {tenant}", f"https://{ours}{tail}{suffix}"
    )


def _site_host(admin_url: str) -> str:
    return admin_url.replace("-admin.", ".", 1).rstrip("/") + "/sites/…" if "-admin." in admin_url else ""


def _bad_url(url: str, *, root: bool) -> str:
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return "isn't an address"
    if parts.scheme != "https" or not parts.hostname or not port_fits:
        return "must be an https address"
    if parts.port == 443:
        return "must be written without the port 443, which every https address has"
    if parts.username or parts.password or "@" in parts.netloc:
        return "must not hold a user name"
    if (
        parts.query
        or parts.fragment
        or not re.fullmatch(r"[A-Za-z0-9.\-]+(:[0-9]+)?|\[[0-9a-fA-F:]+\](:[0-9]+)?", parts.netloc)
    ):
        return "must be a host name alone, without a query"
    return "must be the host alone, without a path" if root and parts.path.strip("/") else ""


def build_credentials(model: CredentialsModel, tenant: str, add: Add) -> Credentials | None:
    """Build the credentials; a certificate belongs to the source tenant unless it says otherwise."""
    graph = _credential(model.graph, tenant, add, "graph")
    sharepoint = _credential(model.sharepoint, tenant, add, "sharepoint")
    return Credentials(graph, sharepoint) if graph and sharepoint else None


def _credential(model: CredentialModel, tenant: str, add: Add, key: str) -> Credential | None:
    certificate = model.certificate
    if (model.managed_identity is None) == (certificate is None):
        add((key,), "needs exactly one of managed_identity and certificate")
        return None
    if certificate is None:
        return ManagedIdentity(model.managed_identity.client_id if model.managed_identity else None)
    path = (key, "certificate")
    if (certificate.path is None) == (certificate.keyvault is None):
        add(path, "needs exactly one of path and keyvault")
        return None
    if not is_app_id(certificate.client_id):
        add((*path, "client_id"), f"{shown(certificate.client_id)} isn't an application id (a GUID)")
        return None
    if certificate.tenant is not None and not is_tenant(certificate.tenant):
        add((*path, "tenant"), f"{shown(certificate.tenant)} is neither a tenant id nor a domain")
        return None
    if certificate.keyvault is not None and not _VAULT.fullmatch(certificate.keyvault):
        add(
            (*path, "keyvault"),
            f"{shown(certificate.keyvault)} isn't the address of a certificate or secret",
            "https://<vault>.vault.azure.net/secrets/<name>",
        )
        return None
    return Certificate(certificate.tenant or tenant, certificate.client_id, certificate.path, certificate.keyvault)
