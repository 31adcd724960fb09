"""`upa revoke`: take app roles back."""

from __future__ import annotations

from upa_cli.shell.context import Cli
from upa_cli.shell.registry import command
from upa_cli.work.role_changes import SHAPE, DryRun, Roles, SignIn, To, change_roles


@command(
    "revoke",
    examples=["upa revoke --dry-run", "upa revoke --to 00001111-aaaa-…"],
    shape=SHAPE,
)
def revoke(cli: Cli, roles: Roles = None, *, to: To = None, dry_run: DryRun = False, sign_in: SignIn = "cli") -> int:
    """Take the app roles away again: the other half of `upa grant`, for when a connector is retired.

    Without roles: all that a connector needs. Tokens already issued keep them until they end.
    """
    return change_roles(cli, roles, to, sign_in, dry_run=dry_run, revoke=True)
