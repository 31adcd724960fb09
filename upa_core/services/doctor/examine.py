"""Check a connector before it runs: sign-in, roles, source attributes, library, target properties, storage.

Every finding has evidence, and a fix that an administrator can carry out. Checks change nothing, apart from a small
file that is written to the library and to storage and deleted again; `services/doctor/probe` goes further.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from upa_core.domain.app_roles import AppRole, needed_roles
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_keys import probe_key
from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, RetryLaterError, UpaError
from upa_core.domain.people.attributes import ATTRIBUTES
from upa_core.ports.bundle import Ports
from upa_core.ports.inspection import Host, Inspection, TokenFacts
from upa_core.services.doctor.finding import PROBE, Finding, Severity
from upa_core.services.doctor.last_run import check_last_run
from upa_core.services.doctor.library import check_library
from upa_core.services.doctor.sources import CHECK, check_sources

SKEW_WARNING = timedelta(minutes=2)
SKEW_ERROR = timedelta(minutes=5)
"""With a larger difference, login refuses assertions [AZ-6]."""
CERTIFICATE_WARNING = timedelta(days=30)


_NEEDS: dict[str, tuple[Host, ...]] = {
    "source": ("graph",),
    "library": ("library",),
    "properties": ("graph", "library"),
    "clock": ("graph",),
}
"""A check that needs a token and has none is left out: one cause is reported once, under sign-in."""
_SERVICES: dict[Host, str] = {"graph": "Graph", "library": "SharePoint", "admin": "SharePoint's admin site"}

Check = Callable[[Ports, Connector, Inspection], Iterable[Finding]]


def examine(
    ports: Ports,
    connector: Connector,
    inspection: Inspection,
    *,
    wall_clock: bool = True,
    mail: bool = False,
    done: Callable[[str], None],
) -> list[Finding]:
    """Run all checks; a check that can't be made is a finding too.

    Six parameters: three of them say what can be examined.

    Args:
        wall_clock: the ports' clock is the machine's own, so that it can be compared with the servers'.
        mail: notifications go out by mail, as the connector's Graph identity.
        done: called with the name of each check as it begins.
    """
    closed: set[Host] = set()
    checks: list[tuple[str, Check]] = [
        ("storage", check_storage),
        ("last run", check_last_run),
        ("sign-in", partial(check_sign_in, mail=mail, closed=closed)),
        ("certificate", check_certificate),
        ("source", check_source),
        *([(CHECK, check_sources)] if connector.secondaries else []),
        ("library", check_library),
        ("properties", check_properties),
    ]
    if wall_clock:
        checks.append(("clock", check_clock))
    findings: list[Finding] = []
    for name, check in checks:
        done(name)
        if shut := [host for host in _NEEDS.get(name, ()) if host in closed]:
            evidence = f"not checked: nobody could sign in for {_SERVICES[shut[0]]}"
            findings.append(Finding(name, "info", evidence, "see sign-in"))
            continue
        findings += _safely(name, check(ports, connector, inspection))
    return findings


def _safely(name: str, found: Iterable[Finding]) -> list[Finding]:
    findings: list[Finding] = []
    try:
        findings.extend(found)
    except RetryLaterError as exc:
        findings.append(Finding(name, "warning", f"couldn't be checked now: {exc}", "run upa doctor again in a while"))
    except UpaError as exc:
        findings.append(Finding(name, "error", str(exc), "see the message; then run upa doctor again"))
    return findings


def check_storage(ports: Ports, connector: Connector, _: Inspection) -> Iterator[Finding]:
    """Write, read and delete a blob."""
    key = probe_key(connector.name, ports.ids.token())
    try:
        ports.store.put(key, PROBE, if_absent=True)
        found = ports.store.get(key)
        ports.store.delete(key)
    except AccessDeniedError as exc:
        fix = "grant the identity the role Storage Blob Data Contributor on the storage account"
        yield Finding("storage", "error", f"state can't be written: {exc}", fix)
        return
    except (RetryLaterError, OSError) as exc:
        yield Finding("storage", "error", f"state can't be reached: {exc}", "check UPA_STATE and the account's network")
        return
    if found is None or found.data != PROBE:
        yield Finding("storage", "error", "what was written isn't what is read", "use another storage account")
    else:
        yield Finding("storage", "ok", "state can be written, read and deleted")


def check_sign_in(
    _: Ports, connector: Connector, inspection: Inspection, *, mail: bool = False, closed: set[Host] | None = None
) -> Iterator[Finding]:
    """Get a token for every host, and compare its roles with the needed ones; a host without one goes into `closed`."""
    needed = needed_roles(connector.read_of_graph, mail=mail, groups=connector.reads_groups)
    hosts: list[tuple[Host, str, Literal["graph", "sharepoint"]]] = [
        ("graph", connector.source.cloud.graph, "graph"),
        ("library", connector.target.site_url, "sharepoint"),
        ("admin", connector.target.admin_url, "sharepoint"),
    ]
    reported: set[str] = set()
    failed: dict[str, tuple[list[str], str, str]] = {}
    for host, url, service in hosts:
        name = urlsplit(url).netloc
        try:
            token = inspection.token(host)
        except (AccessDeniedError, ConfigError, RetryLaterError) as exc:
            fix = "check the network; a managed identity signs in only where it lives, not on your own machine"
            fix = fix if isinstance(exc, RetryLaterError) else _sign_in_fix(str(exc))
            failed.setdefault(_cause(str(exc)), ([], str(exc), fix))[0].append(name)
            (closed if closed is not None else set()).add(host)
            continue
        if token is None:
            yield Finding("sign-in", "info", f"the token for {name} can't be read: its roles are unknown")
            continue
        yield from _token(connector, token, name)
        roles = [role for role in needed if role.service == service and role.value + service not in reported]
        reported |= {role.value + service for role in roles}
        yield from _roles(connector, token, name, roles)
    for names, text, fix in failed.values():
        yield Finding("sign-in", "error", f"no token for {', '.join(names)}: {text}", fix)


def _cause(text: str) -> str:
    """Return the cause that two failures have in common: login's code, else the text without addresses and ids."""
    found = re.search(r"AADSTS[0-9]+", text)
    return found[0] if found else re.sub(r"https?://[^\s/]+|[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]+(\.[\w-]+)+", "", text)


def _sign_in_fix(text: str) -> str:
    known = {
        "AADSTS700016": "the app registration isn't in this tenant: check client_id and tenant",
        "AADSTS700027": "upload the certificate's public half to the app registration",
        "AADSTS7000229": "nobody consented to the app in this tenant: create its service principal (az ad sp create)",
        "AADSTS90002": "there is no such tenant: check source.tenant",
        "AADSTS500011": "the address isn't one of this tenant: check admin_url and site_url",
        "managed identity": "run upa where the identity lives, or name a certificate under credentials",
    }
    return next((fix for code, fix in known.items() if code in text), "check the credentials of this connector")


def _token(connector: Connector, token: TokenFacts, host: str) -> Iterator[Finding]:
    tenant = connector.source.tenant_id
    if token.tenant_id and re.fullmatch(r"[0-9a-f-]{36}", tenant.lower()) and token.tenant_id.lower() != tenant.lower():
        evidence = f"the token for {host} is of tenant {token.tenant_id}, the connector reads {tenant}"
        yield Finding("sign-in", "error", evidence, "source and target must be the same tenant; check credentials")
    if token.with_secret:
        fix = "use a certificate or a managed identity: SharePoint refuses tokens got with a client secret"
        yield Finding("sign-in", "error", f"{token.app_name or token.app_id} signed in with a client secret", fix)


def _roles(connector: Connector, token: TokenFacts, host: str, roles: Sequence[AppRole]) -> Iterator[Finding]:
    app = f"{token.app_name} ({token.app_id})" if token.app_name else token.app_id
    missing = [role for role in roles if not role.met_by(token.roles)]
    for role in missing:
        evidence = f"{app} lacks {role.value} of {role.service}, which {role.why}"
        fix = f"upa grant {role.service}:{role.value} --to {token.app_id} --connector {connector.name}"
        yield Finding("roles", "error", evidence, fix)
    if not missing and roles:
        yield Finding("roles", "ok", f"{host}: {app} has {', '.join(role.value for role in roles)}")


def check_certificate(ports: Ports, _: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Check when the certificate ends."""
    ends = inspection.certificate_ends()
    if ends is None:
        return
    left = ends - ports.clock.now()
    fix = "make a new certificate, add it to the app registration, then exchange the file or the Key Vault version"
    if left <= timedelta(0):
        yield Finding("certificate", "error", f"the certificate ended on {ends:%Y-%m-%d}", fix)
    elif left <= CERTIFICATE_WARNING:
        yield Finding("certificate", "warning", f"the certificate ends on {ends:%Y-%m-%d}, in {left.days} days", fix)
    else:
        yield Finding("certificate", "ok", f"the certificate is good until {ends:%Y-%m-%d}")


def check_clock(ports: Ports, _: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Compare our clock with Graph's."""
    theirs = inspection.server_time()
    if theirs is None:
        return
    apart = abs(theirs - ports.clock.now())
    seconds = round(apart.total_seconds())
    if apart > SKEW_WARNING:
        severity: Severity = "error" if apart > SKEW_ERROR else "warning"
        fix = "set this machine's clock (NTP): tokens are refused when clocks differ by more than 5 minutes"
        yield Finding("clock", severity, f"this machine's clock and Graph's are {seconds} s apart", fix)
    else:
        yield Finding("clock", "ok", f"this machine's clock agrees with Graph's within {max(seconds, 1)} s")


def check_source(_: Ports, connector: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Ask Graph to accept the selection for delta, and find misspelt extensions."""
    select = connector.select
    try:
        inspection.check_tracked(select)
    except RefusedError as exc:
        untracked = ", ".join(exc.details) or "an attribute"
        fix = f"map another attribute; spelt right, and tracked by delta?{_near(exc.details)}"
        yield Finding("source", "error", f"Graph doesn't track changes of {untracked}: {exc}", fix)
        return
    except AccessDeniedError as exc:
        yield Finding("source", "error", f"Graph refuses to list users: {exc}", "grant what is missing under roles")
        return
    yield Finding("source", "ok", f"Graph tracks changes of all {len(select)} attributes")
    wanted = [name for name in select if name.startswith("extension_")]
    if not wanted:
        return
    known = inspection.extensions(wanted)
    if known is None:
        fix = "grant graph:Application.Read.All, or compare names by hand (they are case-sensitive)"
        yield Finding("source", "info", "directory extensions can't be listed, so their names weren't checked", fix)
        return
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.6)
            fix = f"did you mean {near[0]}? Names are case-sensitive" if near else "check extension_app and the name"
            yield Finding("source", "error", f"the tenant has no directory extension {name}", fix)


def _near(names: Sequence[str]) -> str:
    near = [match for name in names for match in get_close_matches(name, ATTRIBUTES, 1)]
    return f" Did you mean {', '.join(near)}?" if near and list(near) != list(names) else ""


def check_properties(_: Ports, connector: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Check that the target properties exist, in the profile of a user who has one."""
    try:
        names = inspection.some_users()
    except AccessDeniedError:
        yield Finding("properties", "info", "users can't be listed, so no profile was looked at", "see roles")
        return
    if not names:
        yield Finding("properties", "warning", "the directory lists nobody, so no profile could be looked at")
        return
    try:
        profile = next((found for name in names if (found := inspection.profile(name)) is not None), None)
    except AccessDeniedError as exc:
        yield Finding("properties", "error", f"SharePoint refuses to show profiles: {exc}", "see roles")
        return
    if profile is None:
        fix = "open SharePoint once as one of them, or use upa doctor --probe"
        yield Finding("properties", "warning", f"none of {len(names)} users has a profile to look at", fix)
        return
    by_lower = {name.lower(): name for name in profile}
    missing = [target for target in connector.intended if target.lower() not in by_lower]
    for target in missing:
        near = get_close_matches(target.lower(), by_lower, 1, 0.7)
        hint = f"did you mean {by_lower[near[0]]}? Otherwise make" if near else "make"
        fix = f"{hint} {target} in SharePoint admin center > More features > User profiles > Manage User Properties"
        yield Finding("properties", "error", f"profiles have no property {target}", fix)
    if not missing:
        yield Finding("properties", "ok", f"all {len(connector.intended)} properties exist in profiles")
