"""The parts of a pasted script: mapping, users, folder, site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from upa_cli.pnp.powershell import Assignment, Command, PowerShellError, Table, Variable, parse

SYNC = ("sync-pnpsharepointuserprofilesfromazureactivedirectory", "sync-pnpsharepointuserprofilesfromentraid")
BULK = "new-pnpupabulkimportjob"
CONNECT = "connect-pnponline"
MEMBERS = ("get-pnpazureadgroupmember", "get-pnpentraidgroupmember", "get-mggroupmember")
LISTS = ("import-csv", "get-content")
USERS = ("get-pnpazureaduser", "get-pnpentraiduser")
_KNOWN = ("userprofilepropertymapping", "users", "folder", "idtype", "wait", "whatif", "verbose", "connection", "debug")


@dataclass(frozen=True, slots=True)
class Pasted:
    """The parts that were found; "" and empty where the text doesn't have them."""

    mapping: Sequence[tuple[str, str]]
    """Profile property, attribute; in the order of the hashtable."""
    users: str = ""
    """The text of `-Users`."""
    users_filter: str = ""
    """The text of `-Filter` in the command that filled it."""
    users_delta: bool = False
    users_group: str | None = None
    """Where a command that reads a group's members filled it: the group as the command names it."""
    users_listed: bool = False
    """A command that reads a file filled it."""
    folder: str = ""
    id_type: str = ""
    what_if: bool = False
    waits: bool = False
    unknown: Sequence[str] = ()
    """Parameters that aren't the cmdlet's."""
    url: str = ""
    tenant: str = ""
    client_id: str = ""
    certificate: str = ""
    thumbprint: str = ""
    secret: bool = False
    """The text had a secret; it isn't kept."""
    cloud: str = ""


def read(text: str) -> Pasted:
    """Find the cmdlet, or a hashtable alone, in a pasted text.

    Raises `PowerShellError` with what is missing or wrong; no value of the text is in it.
    """
    variables: dict[str, object] = {}
    filled: dict[str, Command] = {}
    site = Pasted(())
    found: Pasted | None = None
    for statement in parse(text):
        if isinstance(statement, Table):
            found = found or Pasted(_mapping(statement, variables))
        elif isinstance(statement, Assignment):
            variables[statement.name.lower()] = statement.value
        else:
            name = statement.name.lower()
            if statement.fills:
                filled[statement.fills.lower()] = statement
            if name == CONNECT:
                site = _connection(statement, variables)
            elif name in SYNC:
                found = _sync(statement, variables, filled)
            elif name == BULK:
                raise PowerShellError(
                    f"line {statement.line}: New-PnPUPABulkImportJob imports a file of yours: the right side of its "
                    "mapping names fields of that file, not attributes of Entra. See docs/how-to/join-a-file.md"
                )
    if found is None:
        tables = [value for value in variables.values() if isinstance(value, Table)]
        if len(tables) != 1:
            raise PowerShellError(
                "no Sync-PnPSharePointUserProfilesFromAzureActiveDirectory and no hashtable @{…} was found: paste the "
                'line with its -UserProfilePropertyMapping, or @{"Property"="attribute"} alone'
            )
        found = Pasted(_mapping(tables[0], variables))
    if not found.mapping:
        raise PowerShellError("the mapping is empty: @{} names no property")
    keys = ("url", "tenant", "client_id", "certificate", "thumbprint", "secret", "cloud")
    return replace(found, **{key: getattr(site, key) for key in keys})


def _arguments(command: Command, variables: Mapping[str, object]) -> dict[str, object]:
    """Return arguments by lower-case name, those of a splatted hashtable too; a switch is True."""
    found: dict[str, object] = {}
    for argument in command.arguments:
        value = _resolved(argument.value, variables)
        if argument.name == "@":
            found.update(
                {key.lower(): _resolved(part, variables) for key, part in value.pairs}
                if isinstance(value, Table)
                else {}
            )
        else:
            found[argument.name.lower()] = True if value is None else value
    return found


def _sync(command: Command, variables: Mapping[str, object], filled: Mapping[str, Command]) -> Pasted:
    given = _arguments(command, variables)
    whole = {next((known for known in _KNOWN if known.startswith(name)), name): value for name, value in given.items()}
    mapping = whole.get("userprofilepropertymapping")
    if isinstance(mapping, Variable):
        raise PowerShellError(
            f"line {command.line}: -UserProfilePropertyMapping is ${mapping.name}, whose value isn't in the text: "
            "paste the line that fills it too"
        )
    if not isinstance(mapping, Table):
        raise PowerShellError(f"line {command.line}: -UserProfilePropertyMapping with a hashtable @{{…}} is missing")
    users = whole.get("users")
    shown = f"${users.name}" if isinstance(users, Variable) else str(users or "")
    source = filled.get(users.name.partition(".")[0].lower()) if isinstance(users, Variable) else None
    asked = _arguments(source, variables) if source is not None and source.name.lower() in USERS else {}
    return Pasted(
        _mapping(mapping, variables),
        users=shown,
        users_filter=str(asked.get("filter", "")),
        users_delta="delta" in asked or shown.lower().endswith(".users"),
        users_group=_group(source, variables),
        users_listed=source is not None and source.name.lower() in LISTS,
        folder=_text(whole.get("folder"), "-Folder", command.line),
        id_type=_text(whole.get("idtype"), "-IdType", command.line),
        what_if="whatif" in whole,
        waits="wait" in whole,
        unknown=tuple(name for name in whole if name not in _KNOWN),
    )


def _group(source: Command | None, variables: Mapping[str, object]) -> str | None:
    """Return the group whose members a command reads, "" where the text doesn't say which; None: it reads none."""
    if source is None or source.name.lower() not in MEMBERS:
        return None
    given = _arguments(source, variables)
    return next((str(given[name]) for name in ("identity", "groupid") if isinstance(given.get(name), str)), "")


def _connection(command: Command, variables: Mapping[str, object]) -> Pasted:
    given = _arguments(command, variables)
    clouds = {"usgovernment": "usgov", "usgovernmenthigh": "usgov", "usgovernmentdod": "dod", "china": "china"}

    def text(*names: str) -> str:
        return next((str(given[name]) for name in names if isinstance(given.get(name), str)), "")

    return Pasted(
        (),
        url=text("url"),
        tenant=text("tenant"),
        client_id=text("clientid", "applicationid"),
        certificate=text("certificatepath"),
        thumbprint=text("thumbprint"),
        secret=bool(given.keys() & {"clientsecret", "certificatepassword", "certificatebase64encoded", "credentials"}),
        cloud=clouds.get(text("azureenvironment").lower(), ""),
    )


def _mapping(table: Table, variables: Mapping[str, object]) -> list[tuple[str, str]]:
    found = []
    for key, value in table.pairs:
        meant = _resolved(value, variables)
        if not isinstance(meant, str) or not meant.strip():
            source_text = (
                f"${meant.name}, whose value isn't in the text"
                if isinstance(meant, Variable)
                else "no attribute's name"
            )
            raise PowerShellError(f"line {table.line}: {key[:60]!r} is mapped from {source_text}")
        found.append((key.strip(), meant.strip()))
    return found


def _text(value: object, name: str, line: int) -> str:
    if isinstance(value, Variable):
        raise PowerShellError(f"line {line}: {name} is ${value.name}, whose value isn't in the text: paste it too")
    return value if isinstance(value, str) else ""


def _resolved(value: object, variables: Mapping[str, object]) -> object:
    for _ in range(4):
        if not isinstance(value, Variable) or value.name.lower() not in variables:
            break
        value = variables[value.name.lower()]
    return value
