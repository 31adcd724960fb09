"""The parts of a pasted script: mapping, users, folder, site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from upa_cli.pnp.powershell import parse
from upa_cli.pnp.statements import Assignment, Command, Statement, Table
from upa_cli.pnp.tokens import PowerShellError, Variable
from upa_cli.pnp.variables import Variables

SYNC = ("sync-pnpsharepointuserprofilesfromazureactivedirectory", "sync-pnpsharepointuserprofilesfromentraid")
_SPELT = ("Sync-PnPSharePointUserProfilesFromAzureActiveDirectory",)
BULK = "new-pnpupabulkimportjob"
CONNECT = "connect-pnponline"
MEMBERS = ("get-pnpazureadgroupmember", "get-pnpentraidgroupmember", "get-mggroupmember")
LISTS = ("import-csv", "get-content")
USERS = ("get-pnpazureaduser", "get-pnpentraiduser")
_KNOWN = (
    *("userprofilepropertymapping", "users", "folder", "idtype", "wait", "whatif", "connection"),
    *("verbose", "debug", "erroraction", "warningaction", "informationaction", "progressaction"),
    *("errorvariable", "warningvariable", "informationvariable", "outvariable", "outbuffer", "pipelinevariable"),
)
"""The cmdlet's parameters, and those of every cmdlet."""


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
    variables, filled, site = Variables(), dict[str, Command](), Pasted(())
    statements = _rejoined(parse(text))
    found: list[tuple[int, Pasted, Pasted]] = []
    for statement in statements:
        if isinstance(statement, Table):
            found.append((statement.line, Pasted(_mapping(statement, variables)), site))
        elif isinstance(statement, Assignment):
            variables.fill(statement)
        else:
            name = _name(statement)
            if statement.fills:
                filled[statement.fills.lower()] = statement
            if name == CONNECT:
                site = _connection(statement, variables, site)
            elif name in SYNC or (not name and _has_mapping(statement)):
                found.append((statement.line, _sync(statement, variables, filled), site))
            elif name == BULK:
                raise PowerShellError(
                    f"line {statement.line}: New-PnPUPABulkImportJob imports a file of yours: the right side of its "
                    "mapping names fields of that file, not attributes of Entra. See docs/how-to/join-a-file.md"
                )
    if len(found) > 1:
        lines = " and ".join(str(line) for line, _, _ in found)
        raise PowerShellError(f"there are several mappings, at lines {lines}: paste one; a connector is one of them")
    if not found:
        tables = variables.tables()
        if len(tables) != 1:
            raise PowerShellError(_nothing(text, statements))
        found.append((tables[0].line, Pasted(_mapping(tables[0], variables)), site))
    _, made, site = found[0]
    if not made.mapping:
        raise PowerShellError("the mapping is empty: @{} names no property")
    keys = ("url", "tenant", "client_id", "certificate", "thumbprint", "secret", "cloud")
    return replace(made, **{key: getattr(site, key) for key in keys})


def _rejoined(statements: Sequence[Statement]) -> list[Statement]:
    """Return statements with parameters that stand in a line of their own put back: a copy lost the backtick."""
    found: list[Statement] = []
    for statement in statements:
        before = found[-1] if found else None
        if isinstance(statement, Command) and not statement.name and isinstance(before, Command):
            found[-1] = replace(before, arguments=(*before.arguments, *statement.arguments))
        else:
            found.append(statement)
    return found


def _name(command: Command) -> str:
    """Return a command's name in lower case, without its module's."""
    return command.name.lower().rpartition("\\")[2]


def _has_mapping(command: Command) -> bool:
    return any(argument.name.lower().startswith("userprofile") for argument in command.arguments)


def _missing(variable: Variable) -> str:
    """Return why a variable's value isn't known, and what to paste."""
    if not variable.name.isidentifier() and variable.name[:1] in "({":
        return "computed when the script runs: write its value instead"
    if variable.unclear:
        return f"${variable.name}, which line {variable.unclear} changes in a way that isn't followed: paste its value"
    return f"${variable.name}, whose value isn't in the text: paste the line that fills it too"


def _nothing(text: str, statements: Sequence[Statement]) -> str:
    """Return why nothing was found, with the likeliest cause."""
    paste = 'paste the line with its -UserProfilePropertyMapping, or @{"Property"="attribute"} alone'
    for statement in statements:
        if isinstance(statement, Command) and get_close_matches(statement.name.lower(), SYNC, 1, 0.9):
            return f"line {statement.line}: {statement.name[:80]} isn't the cmdlet's name: it is {_SPELT[0]}"
    if any(name in text.lower() for name in SYNC):
        return f"the cmdlet stands in a comment or in a text in quotes, which isn't read: {paste}"
    if "{" in text and "@{" not in text:
        return f"a hashtable begins with @{{: {paste}"
    return f"no {_SPELT[0]} and no hashtable @{{…}} was found: {paste}"


def _arguments(command: Command, variables: Variables) -> dict[str, object]:
    """Return arguments by lower-case name, those of a splatted hashtable too; a switch is True, "" by its place."""
    found: dict[str, object] = {}
    for argument in command.arguments:
        value = variables.value(argument.value)
        if argument.name == "@":
            pairs = value.pairs if isinstance(value, Table) else ()
            found.update({key.lower(): variables.value(part) for key, part in pairs})
        elif not argument.name:
            found.setdefault("", value)
        else:
            found[argument.name.lower()] = True if value is None else value
    return found


def _sync(command: Command, variables: Variables, filled: Mapping[str, Command]) -> Pasted:
    given = _arguments(command, variables)
    first = given.pop("", None)
    whole = {next((known for known in _KNOWN if known.startswith(name)), name): value for name, value in given.items()}
    mapping = whole.get("userprofilepropertymapping", first)
    if isinstance(mapping, Variable):
        raise PowerShellError(f"line {command.line}: -UserProfilePropertyMapping is {_missing(mapping)}")
    if not isinstance(mapping, Table):
        raise PowerShellError(f"line {command.line}: -UserProfilePropertyMapping with a hashtable @{{…}} is missing")
    users = whole.get("users", command.piped)
    source = users if isinstance(users, Command) else None
    if isinstance(users, Variable):
        source = filled.get(users.name.partition(".")[0].lower())
    shown = f"${users.name}" if isinstance(users, Variable) else str(users or "")
    if isinstance(users, Command):
        shown = f"({users.name} …)" if users.name else "from a pipe"
    asked: dict[str, object] = {}
    if source is not None and _name(source) in USERS and (source is command.piped or not source.goes_on):
        asked = _arguments(source, variables)  # otherwise another command chose from them
    wanted = asked.get("filter", "")
    return Pasted(
        _mapping(mapping, variables),
        users=shown,
        users_filter=wanted if isinstance(wanted, str) else "",
        users_delta="delta" in asked or shown.lower().endswith(".users"),
        users_group=_group(source, variables),
        users_listed=source is not None and _name(source) in LISTS,
        folder=_text(whole.get("folder"), "-Folder", command.line),
        id_type=_text(whole.get("idtype"), "-IdType", command.line),
        what_if=whole.get("whatif", False) is not False,
        waits=whole.get("wait", False) is not False,
        unknown=tuple(name for name in whole if name not in _KNOWN),
    )


def _group(source: Command | None, variables: Variables) -> str | None:
    """Return the group whose members a command reads, "" where the text doesn't say which; None: it reads none."""
    if source is None or _name(source) not in MEMBERS:
        return None
    given = _arguments(source, variables)
    return next((str(given[name]) for name in ("identity", "groupid") if isinstance(given.get(name), str)), "")


def _connection(command: Command, variables: Variables, before: Pasted) -> Pasted:
    """Return what a command connects to; raises where a condition decides whether it replaces the one before."""
    given = _arguments(command, variables)
    clouds = {"usgovernment": "usgov", "usgovernmenthigh": "usgov", "usgovernmentdod": "dod", "china": "china"}

    def text(*names: str) -> str:
        return next((str(given[name]) for name in names if isinstance(given.get(name), str)), "")

    made = Pasted(
        (),
        url=text("url", ""),
        tenant=text("tenant"),
        client_id=text("clientid", "applicationid"),
        certificate=text("certificatepath"),
        thumbprint=text("thumbprint"),
        secret=bool(given.keys() & {"clientsecret", "certificatepassword", "certificatebase64encoded", "credentials"}),
        cloud=clouds.get(text("azureenvironment").lower(), ""),
    )
    if command.sometimes and before not in (Pasted(()), made):
        why = "which Connect-PnPOnline runs depends on a condition: paste one of them"
        raise PowerShellError(f"line {command.line}: {why}")
    return made


def _mapping(table: Table, variables: Variables) -> list[tuple[str, str]]:
    found = []
    for key, value in table.pairs:
        meant = variables.value(value)
        if not isinstance(meant, str) or not meant.strip():
            source_text = _missing(meant) if isinstance(meant, Variable) else "no attribute's name"
            raise PowerShellError(f"line {table.line}: {key[:60]!r} is mapped from {source_text}")
        found.append((key.strip(), meant.strip()))
    return found


def _text(value: object, name: str, line: int) -> str:
    if isinstance(value, Variable):
        raise PowerShellError(f"line {line}: {name} is {_missing(value)}")
    return value if isinstance(value, str) else ""
