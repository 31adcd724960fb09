"""The settings in the environment: where things are, never what a connector does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from upa_core.domain.errors import ConfigError

KNOWN = {
    "UPA_CONFIG": "the connector file: a path in the app package, or blob:<key> in the state container",
    "UPA_SCHEDULE": "NCRONTAB of the tick, six fields, e.g. 0 */15 * * * *",
    "UPA_HOUSEKEEPING_SCHEDULE": "NCRONTAB of housekeeping, six fields, e.g. 0 30 3 * * *",
    "UPA_STATE": "where state lies: folder:<path>, or a container URL; unset: the host's own storage account",
    "UPA_CONTAINER": "name of the state container in the host's storage account, upa unless set",
    "UPA_CLOCK": "for tests and the demo: scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>",
    "UPA_ENTRA_AUTH": "true where App Service authentication is on: callers are then known by their principal header",
    "AZURE_CLIENT_ID": "client id of the user-assigned managed identity; unset: the system-assigned one",
    "AzureWebJobsStorage": "connection string of the host's storage (local development only)",
    "AzureWebJobsStorage__blobServiceUri": "blob endpoint of the host's storage, used with the managed identity",
}
"""Every setting this package reads; the samples, the Bicep files and the docs are tested against it."""

DEFAULT_CONTAINER = "upa"


@dataclass(frozen=True, slots=True)
class StatePlace:
    """The place of the state; exactly one of the three is set."""

    folder: str = ""
    container_url: str = ""
    connection_string: str = ""
    container: str = DEFAULT_CONTAINER


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment, read once on first use: a Python 3.13 worker shows settings late [AZ-1]."""

    config: str
    state: StatePlace
    clock: str
    identity_client_id: str | None
    entra_auth: bool = False
    """App Service authentication is on, so the principal header can be believed."""
    hostname: str = ""
    """The app's own host name, from the platform; "" elsewhere."""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        ConfigError: naming the setting and what to write.

    """
    return Settings(
        config=environ.get("UPA_CONFIG", "").strip() or "upa.yaml",
        state=_state(environ),
        clock=environ.get("UPA_CLOCK", "").strip(),
        identity_client_id=environ.get("AZURE_CLIENT_ID", "").strip() or None,
        entra_auth=_switch(environ, "UPA_ENTRA_AUTH"),
        hostname=environ.get("WEBSITE_HOSTNAME", "").strip(),
    )


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip().lower()
    if text not in ("", "true", "false"):
        raise ConfigError(f"{name} is neither true nor false; write one of them")
    return text == "true"


def _shape(place: str) -> str:
    """Describe the text that was given for a place without showing any of it: it may hold a key."""
    if "accountkey=" in place.lower() or "sharedaccesssignature=" in place.lower():
        return "is a connection string, which isn't allowed here because it holds a key"
    scheme, found, rest = place.partition("://")
    if not (found and scheme.isascii() and scheme.isalpha()):
        return "is neither a folder nor an address"
    if scheme.lower() != "https":
        return f"is an address of {scheme.lower()}, not of https"
    if "@" in rest.partition("/")[0]:
        return "is an address with a user name"
    return "is an address with a query" if "?" in rest else "is an address of https without a container"


def _state(environ: Mapping[str, str]) -> StatePlace:
    container = environ.get("UPA_CONTAINER", "").strip() or DEFAULT_CONTAINER
    named = environ.get("UPA_STATE", "").strip()
    if named.startswith("folder:") and named != "folder:":
        return StatePlace(folder=named.removeprefix("folder:"))
    if named:
        url = urlsplit(named)
        if url.scheme != "https" or not url.path.strip("/") or url.query or "@" in url.netloc:
            raise ConfigError(
                f"UPA_STATE {_shape(named)}; write folder:<path> or https://<account>.blob.core.windows.net/<container>"
            )
        return StatePlace(container_url=named.rstrip("/"))
    if account := environ.get("AzureWebJobsStorage__blobServiceUri", "").strip():
        url = urlsplit(account)
        if url.scheme != "https" or url.query or "@" in url.netloc:
            name = "AzureWebJobsStorage__blobServiceUri"
            raise ConfigError(f"{name} {_shape(account)}; write https://<account>.blob.core.windows.net")
        return StatePlace(container_url=f"{account.rstrip('/')}/{container}")
    if connection := environ.get("AzureWebJobsStorage", "").strip():
        return StatePlace(connection_string=connection, container=container)
    raise ConfigError(
        "no place for state: set UPA_STATE (folder:<path> or a container URL), "
        "or AzureWebJobsStorage as the function app has it"
    )
