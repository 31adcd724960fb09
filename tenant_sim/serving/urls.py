"""Addresses of the surfaces: the real host names, or where a server put them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

SURFACES = ("login", "managed_identity", "graph", "sharepoint", "admin")


@dataclass(frozen=True)
class Urls:
    """Base URL of each surface, without a slash at the end."""

    login: str
    managed_identity: str
    graph: str
    sharepoint: str
    admin: str

    def as_dict(self) -> dict[str, str]:
        """Return them by name."""
        return asdict(self)

    @property
    def control(self) -> str:
        """Base URL of the control surface (it answers on every surface)."""
        return f"{self.login}/_sim"


def real_urls(domain: str) -> Urls:
    """The addresses of the real services for a tenant named `domain` [GR-25]."""
    return Urls(
        "https://login.microsoftonline.com",
        "http://169.254.169.254",
        "https://graph.microsoft.com",
        f"https://{domain}.sharepoint.com",
        f"https://{domain}-admin.sharepoint.com",
    )
