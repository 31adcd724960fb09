"""The options of `upa import`: which column goes to which property, and which column names the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from upa_cli.shell import exits
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean
from upa_core.domain.people.attributes import AttributeRefusedError, resolve_attribute
from upa_core.domain.plan.core_properties import is_property_name, why_core
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.header import folded, likely_key

ID_TYPES = {"email": "mail", "cloudid": "id", "principalname": "userPrincipalName"}
"""SharePoint's ways to name a person, and the attribute of each."""
ImportType = Literal["string", "date", "datetime", "boolean", "integer"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """One column and its property."""

    column: str
    target: str
    type: ImportType = "string"


def mapped_of(texts: Sequence[str]) -> tuple[Mapped, ...]:
    """Return the meaning of `COLUMN=PROPERTY` and `COLUMN=PROPERTY:TYPE`.

    Raises `CommandError` for another form, and for a property that can't be a target or stands twice.
    """
    made: list[Mapped] = []
    for text in texts:
        column, equals, rest = text.rpartition("=")
        target, colon, kind = rest.partition(":")
        if not equals or not column.strip() or not target.strip():
            raise _usage(f"{clean(text)[:80]!r} isn't COLUMN=PROPERTY, e.g. Kostenstelle=CostCenter")
        kind = kind if colon else "string"
        if kind not in get_args(ImportType):
            raise _usage(f"no type {clean(kind)[:40]!r}; there are {', '.join(get_args(ImportType))}")
        target = target.strip()
        if why := why_core(target):
            raise _usage(f"{clean(target)[:80]} can't be a target: {why}")
        if not is_property_name(target):
            why = "isn't a profile property's internal name: letters, digits, - and _, first a letter"
            raise _usage(f"{clean(target)[:80]!r} {why}")
        if any(one.target.lower() == target.lower() for one in made):
            raise _usage(f"two columns go to {target}: nobody can tell which is meant")
        made.append(Mapped(column.strip(), target, cast(ImportType, kind)))
    return tuple(made)


def key_of(names: Iterable[str], match: Sequence[str], pad: int) -> tuple[KeyPart, ...]:
    """Return the columns that name a person together, and the attributes with the same values.

    `match` holds `COLUMN=ATTRIBUTE`, a column whose name says which attribute it is, or an attribute for which there is
    such a column; nothing: the column that usually names a person.
    Raises `CommandError` where the columns are unclear.
    """
    names = list(names)
    if match:
        return tuple(_part(names, text, pad) for text in match)
    column, attribute = likely_key(names)
    if not column:
        raise _usage(f"no column is usually a person's key: name it with --match COLUMN=mail. {_there_are(names)}")
    return (KeyPart(column, attribute, pad),)


def _part(names: Sequence[str], text: str, pad: int) -> KeyPart:
    column, equals, attribute = text.partition("=")
    column, attribute = column.strip(), attribute.strip()
    if equals:
        return KeyPart(column, _attribute(attribute), pad)
    there = {folded(name): name for name in names}
    if folded(column) in there:
        attribute = likely_key([column])[1] or _known(column)
        if not attribute:
            raise _usage(f"which attribute is {clean(column)[:80]}? Write --match {clean(column)[:80]}=employeeId")
        return KeyPart(there[folded(column)], attribute, pad)
    attribute = _attribute(column)
    found = [name for name in names if likely_key([name])[1] == attribute]
    if len(found) != 1:
        text = f"no column is named {attribute}" if not found else f"{', '.join(map(clean, found))} may be {attribute}"
        raise _usage(f"{text}: write --match COLUMN={attribute}. {_there_are(names)}")
    return KeyPart(found[0], attribute, pad)


def _known(name: str) -> str:
    try:
        return resolve_attribute(name)
    except AttributeRefusedError:
        return ""


def _attribute(name: str) -> str:
    if name in ("id", *ID_TYPES.values()):
        return name
    try:
        return resolve_attribute(name)
    except AttributeRefusedError as exc:
        meant = f"; did you mean {exc.suggestion}?" if exc.suggestion else ""
        raise _usage(f"--match: {clean(exc)}{meant}") from exc


def _there_are(names: Sequence[str]) -> str:
    return f"There are: {', '.join(clean(name) for name in names[:20])}" if names else "The file has no columns"


def _usage(text: str) -> CommandError:
    return CommandError(text, exits.USAGE)
