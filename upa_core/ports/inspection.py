"""The objects of checks before the first run: tokens, the certificate, the directory, one profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Host = Literal["graph", "library", "admin"]


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The claims of an access token; the token isn't kept."""

    app_id: str
    app_name: str
    tenant_id: str
    roles: frozenset[str]
    with_secret: bool
    """True where the app signed in with a client secret, which SharePoint refuses."""


@dataclass(frozen=True, slots=True)
class RetentionLabel:
    """The label that new files of a library get."""

    name: str
    keeps: bool
    """True where it keeps deleted files, or forbids deleting; False where it only marks files."""


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """The settings of a library that an owner has switched on."""

    check_out: bool = False
    """New files are seen by nobody else until they are checked in."""
    approval: bool = False
    """New files wait for approval."""
    minor_versions: bool = False
    """New files are drafts until they are published."""
    drafts_hidden: bool = False
    """Readers don't see drafts."""
    required: tuple[str, ...] = ()
    """Titles of the columns that must be filled in, besides the file's name."""


class Inspection(Protocol):
    """A connector's surroundings, read only.

    Methods raise `AccessDeniedError`, `RetryLaterError`, and `ConfigError` for a credential that can't be read.
    """

    def token(self, host: Host) -> TokenFacts | None:
        """Sign in for a host; None for a token without readable claims."""

    def certificate_ends(self) -> datetime | None:
        """Return when the earliest of the connector's certificates ends, None without one."""

    def server_time(self) -> datetime | None:
        """Return Graph's time, from a header of its answer; None where there is none."""

    def check_tracked(self, select: Sequence[str]) -> None:
        """Ask for a delta token and no data; raises `RefusedError` with the untracked attributes in `details`."""

    def some_users(self) -> Sequence[str]:
        """Return a few members' user principal names, to read their profiles."""

    def extensions(self, wanted: Sequence[str]) -> Sequence[str] | None:
        """Return the names of directory extension properties, at least those of the apps that own the wanted ones.

        None where we may not know them.
        """

    def retention_label(self) -> RetentionLabel | None:
        """Return the label of the target library, None without one; raises `RefusedError` too."""

    def library_settings(self) -> LibrarySettings:
        """Return the settings of the target library; raises `RefusedError` too."""

    def profile(self, user_principal_name: str) -> Mapping[str, str] | None:
        """Return every property of a profile, empty ones included; None where there is no profile."""
