"""`upa grant`: give the app roles that the pipeline needs."""

from __future__ import annotations

from upa_cli.shell.context import Cli
from upa_cli.shell.registry import command
from upa_cli.work.role_changes import SHAPE, DryRun, Roles, SignIn, To, change_roles


@command(
    "grant",
    examples=["upa grant --dry-run", "upa grant", "upa grant sharepoint:User.ReadWrite.All --to 00001111-aaaa-…"],
    shape=SHAPE,
)
def grant(cli: Cli, roles: Roles = None, *, to: To = None, dry_run: DryRun = False, sign_in: SignIn = "cli") -> int:
    """Grant the connector's identities the app roles they need; a managed identity can't get them in the portal.

    Least rights: Graph User.Read.All to read people, SharePoint Sites.FullControl.All and User.ReadWrite.All for the
    library and the bulk import service, and Graph Mail.Send only where the connector file has notifications by mail
    (narrow it to the sending mailbox afterwards). Sign in as a Privileged Role Administrator (az login). Needs the
    extra `admin` (msgraph-sdk). Tokens already issued don't know new roles for up to an hour, a managed identity's for
    up to a day.
    """
    return change_roles(cli, roles, to, sign_in, dry_run=dry_run, revoke=False)
