"""The questions of checks that SharePoint answers at once: one function each, from tenant to verdict."""

from __future__ import annotations

from upa_cli.live.check import Verdict, differs, holds, untried
from upa_cli.live.tenant import LiveTenant
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.people_manager import claims_name
from upa_core.domain.errors import AccessDeniedError, RefusedError
from upa_core.domain.individual.answer import Fault, Profile

ROLES = frozenset({"Sites.FullControl.All", "User.ReadWrite.All"})
"""SharePoint's application roles that should be enough."""
MARK = "upa live check"
A_MINUTE = 60.0
"""Seconds: a longer answer doesn't count as "at once"."""
_NO_STRING = "name a string property with --property"


def queued(tenant: LiveTenant) -> Verdict:
    """Try whether the queue call is accepted."""
    probe = tenant.probe
    if probe.error is not None:
        return differs(f"the queue call was refused: {probe.error}")
    return holds("SharePoint queued an import job over an empty file")


def roles(tenant: LiveTenant) -> Verdict:
    """Try whether two application roles are enough."""
    token = tenant.inspection.token("admin")
    if token is None:
        return untried("the token can't be read")
    more, less = sorted(token.roles - ROLES), sorted(ROLES - token.roles)
    if more:
        return untried(f"take these roles away first, then wait an hour for a new token: {', '.join(more)}")
    if less:
        return untried(f"grant these roles first: {', '.join(less)}")
    if tenant.probe.error is not None:
        return differs(f"with only {' and '.join(sorted(ROLES))}: {tenant.probe.error}")
    tenant.profile()
    return holds("with these two roles alone a file was uploaded, an import job queued and a profile read")


def managed_identity(tenant: LiveTenant) -> Verdict:
    """Try whether a managed identity is accepted."""
    if not tenant.managed_identity:
        return untried(
            "this connector signs in with a certificate: run it in Azure with credentials of managed_identity"
        )
    error = tenant.probe.error
    return holds("queued with a managed identity") if error is None else differs(f"with a managed identity: {error}")


def job_named(tenant: LiveTenant) -> Verdict:
    """Try whether the queue call returns the import job's id."""
    probe = tenant.probe
    if probe.error is not None:
        return untried("the queue call was refused")
    return holds("it answered the import job's id") if probe.job else differs("it answered an empty id")


def job_listed(tenant: LiveTenant) -> Verdict:
    """Try whether an import job is listed at once."""
    probe = tenant.probe
    if probe.error is not None:
        return untried("the queue call was refused")
    return holds("listed at once") if probe.listed else differs("not in the list right after it was queued")


def job_cancelled(tenant: LiveTenant) -> Verdict:
    """Try whether an unstarted import job can be cancelled."""
    probe = tenant.probe
    if probe.error is not None:
        return untried("the queue call was refused")
    return holds("cancelled before it started") if probe.cancelled else differs("it couldn't be cancelled at once")


def unknown_job(tenant: LiveTenant) -> Verdict:
    """Try whether an unknown import job reads as null."""
    try:
        job = tenant.ports.import_jobs.get("00000000-0000-4000-8000-00000000cafe")
    except RefusedError as error:
        return differs(f"refused: {error}")
    return holds("no import job, no error") if job is None else differs("an import job came back")


def site_host(tenant: LiveTenant) -> Verdict:
    """Try whether the site host takes the queue call too."""
    probe = tenant.queue(tenant.probe_map, SharePointImportJobs(tenant.services["library"]))
    return holds("the site host takes it too") if probe.error is None else differs(f"the site host: {probe.error}")


def _refused(tenant: LiveTenant, name: str, words: tuple[str, ...], what: str) -> Verdict:
    error = tenant.queue({name: name}).error
    if error is None:
        return differs(f"the queue call took {what}")
    if any(word in str(error).lower() for word in words):
        return holds(f"refused at once, with its reason: {error}")
    return differs(f"refused with other words: {error}")


def editable(tenant: LiveTenant) -> Verdict:
    """Try whether a property that users may edit is refused at once."""
    return _refused(tenant, tenant.editable, ("editable",), f"{tenant.editable}, which users may edit")


def multi(tenant: LiveTenant) -> Verdict:
    """Try whether a property with several values is refused at once."""
    return _refused(
        tenant, tenant.multi, ("multi", "taxonomic", "editable"), f"{tenant.multi}, which has several values"
    )


def missing(tenant: LiveTenant) -> Verdict:
    """Try whether a property that doesn't exist is refused at once."""
    name = "UpaNoSuchProperty"
    return _refused(tenant, name, ("exist", "not mapped", "not found"), "a property that doesn't exist")


def read(tenant: LiveTenant) -> Verdict:
    """Try whether profiles can be read app-only."""
    try:
        found = tenant.people.properties(tenant.person)
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"a profile can't be read: {error}")
    if found is None:
        return differs("null came back for the person of --person")
    return holds(f"{len(found)} properties read, {sum(not value for value in found.values())} of them empty")


def no_profile(tenant: LiveTenant) -> Verdict:
    """Try whether an account without a profile reads as null."""
    nobody = f"upa-nobody-{tenant.ports.ids.token()}@{tenant.person.rpartition('@')[2]}"
    try:
        found = tenant.people.properties(nobody)
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"an account that doesn't exist is an error: {error}")
    return holds("null for an account that doesn't exist") if found is None else differs("a profile came back")


def write(tenant: LiveTenant) -> Verdict:
    """Try whether single properties can be written app-only."""
    name = tenant.one("string")
    if name is None:
        return untried(_NO_STRING)
    before = tenant.profile().get(name, "")
    try:
        tenant.set_one(name, MARK)
        got = tenant.profile().get(name, "")
        tenant.set_one(name, before)
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"the app may not write a single property: {error}")
    return holds("written, read back and put back") if got == MARK else differs("no error, and the value isn't there")


def clear_date(tenant: LiveTenant) -> Verdict:
    """Try whether a single write clears a date."""
    name = tenant.one("date")
    if name is None:
        return untried("name a date property with --date")
    before = tenant.profile().get(name, "")
    try:
        tenant.set_one(name, "2026-06-23")
        tenant.set_one(name, "")
        got = tenant.profile().get(name, "")
        if before:
            tenant.set_one(name, before)
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"the app may not write a single property: {error}")
    return holds("a date was set and cleared") if not got else differs(f"after clearing it reads {got}")


def person_now(tenant: LiveTenant) -> Verdict:
    """Try what `upa sync-user --now` does: read whose profile it is, then read, set and read back in one request."""
    name, profiles = tenant.one("string"), tenant.ports.profiles
    if name is None or profiles is None:
        return untried(_NO_STRING)
    account, began = claims_name(tenant.person), tenant.seconds()
    try:
        held = profiles.read({account: [name]}, hosts=True)[account]
        if not isinstance(held, Profile) or held.object_id != tenant.person_id.lower():
            return differs("the profile can't be read, or doesn't tell the object id of the person of --person")
        written = profiles.write(account, {name: MARK}, [name])
        took = tenant.seconds() - began
        profiles.write(account, {name: held.values[name]}, [name])
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"the app may not write a profile at once: {error}")
    if (fault := written.sets[name]) is not None:
        return differs(f"the set was refused: {fault.code or fault.kind}")
    after = written.after
    if isinstance(after, Fault) or after is None or after.values[name] != MARK:
        return differs("no error, and the read-back in the same request doesn't show the value")
    result = f"read, set and read back in two requests, {took:.1f} s"
    return holds(result) if took < A_MINUTE else differs(f"{result}: minutes, not seconds")


def no_digest(tenant: LiveTenant) -> Verdict:
    """Try whether no form digest is needed."""
    name = tenant.new_name()
    try:
        tenant.ports.library.upload(name, EMPTY_TEXT)
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"an upload without a form digest was refused: {error}")
    tenant.delete(name)
    return holds("a file was uploaded with a token and no form digest")


EMPTY_TEXT = b"upa live check\r\n"


def quoted(tenant: LiveTenant) -> Verdict:
    """Try whether names with quotes and signs work in addresses."""
    name = f"{tenant.new_name().removesuffix('.json')}'s #1 & 100%.txt"
    tenant.ports.library.upload(name, EMPTY_TEXT)
    size = tenant.ports.library.size(tenant.ports.library.url_of(name))
    tenant.delete(name)
    if size == len(EMPTY_TEXT):
        return holds("a name with quote, hash, ampersand and per cent is uploaded, found and deleted")
    return differs(f"{len(EMPTY_TEXT)} bytes uploaded, {size} found")


def permanent(tenant: LiveTenant) -> Verdict:
    """Try whether deleting bypasses the recycle bin."""
    name = tenant.new_name()
    tenant.ports.library.upload(name, EMPTY_TEXT)
    if not tenant.delete(name):
        return untried("the file can't be deleted: a retention label or a lock")
    if name in tenant.recycle_bin():
        return differs("the deleted file is in the site's recycle bin")
    return holds("the deleted file isn't in the site's recycle bin (look into the second stage by hand)")


def label(tenant: LiveTenant) -> Verdict:
    """Try whether the library's retention label can be read."""
    try:
        label = tenant.inspection.retention_label()
    except (AccessDeniedError, RefusedError) as error:
        return differs(f"the label can't be asked for: {error}")
    return holds("the library has no label" if label is None else f"the library's label is {label.name}")
