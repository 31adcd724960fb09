"""Mappings and scope in the connector file. Field docstrings become the schema and the reference."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from upa_core.config.fields import Line
from upa_core.config.odata import clauses_of, is_odata
from upa_core.domain.people.scope import UNARY, ClauseOperator

_OPERATORS = sorted(get_args(ClauseOperator), key=len, reverse=True)
_WORDS = {re.sub(r"[ _]", "", operator).lower(): operator for operator in _OPERATORS}
_CLAUSE = re.compile(
    rf"\s*(\S+)\s+({'|'.join(re.sub('[ _]', '[ _]', operator) for operator in _OPERATORS)})(?:\s+(.*?))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = "|".join(re.sub("[ _]", "[ _]", operator) for operator in _OPERATORS if operator not in UNARY)
_UNARY = "|".join(re.sub("[ _]", "[ _]", operator) for operator in _OPERATORS if operator in UNARY)
_JOINED = re.compile(
    rf"\s(and|or)\s+[A-Za-z][\w.]*\s+(?:(?:{_BINARY})\s+\S|(?:{_UNARY})(?:\s|$)).*", re.IGNORECASE | re.DOTALL
)
"""Another condition behind a value."""


class Part(BaseModel):
    """What all parts of the file have in common: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _operator(value: Any) -> Any:
    return _WORDS.get(re.sub(r"[ _]", "", value).lower(), value) if isinstance(value, str) else value


def _meant(text: str) -> str:
    """Return the clause with the operator that was probably meant, "" where none is near."""
    attribute, *words = text.split()
    near = [
        (SequenceMatcher(None, " ".join(words[:count]).upper(), operator).ratio(), operator, count)
        for operator in _OPERATORS
        for count in range(1, min(len(words), 3) + 1)
    ]
    likeness, operator, count = max(near, default=(0.0, "", 0))
    return " ".join((attribute, operator, *words[count:])) if likeness > 0.6 else ""


def _two_conditions(text: str, second: str, word: str) -> PydanticCustomError:
    """Return the error for two conditions in one clause, the second of which would be taken for a part of the value."""
    if word == "or":
        message = "has two conditions: where either is enough, each is a list of its own below `groups`"
        return PydanticCustomError("clause", message, {"meant": ""})
    at = text.index(second)
    meant = f"two clauses, each a line of the list: {text[:at].strip()} and {text[at + len(word) :].strip()}"
    return PydanticCustomError("clause", "has two conditions", {"meant": meant})


def _clause(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _CLAUSE.fullmatch(value)
    if match is None and is_odata(value):
        meant = clauses_of(value)
        several = "two clauses, each a line of the list: " if len(meant) > 1 else ""
        text = "has OData's operators; a clause has Entra's, as in `userType EQUALS Member`"
        raise PydanticCustomError("clause", text, {"meant": several + " and ".join(meant)})
    if match is None:
        text = "isn't a clause such as `userType EQUALS Member` or `mail IS NOT NULL`"
        raise PydanticCustomError("clause", text, {"meant": _meant(value)})
    if match[3] is not None and match[3][:1] != '"' and (joined := _JOINED.search(match[3])):
        raise _two_conditions(value, joined[0].strip(), joined[1].lower())
    clause = {"attribute": match[1], "operator": match[2]}
    return clause if match[3] is None else {**clause, "value": match[3].strip('"') if match[3][:1] == '"' else match[3]}


class ClauseModel(Part):
    """One condition; may also be written as a text, `userType EQUALS Member`."""

    attribute: Line
    """The attribute, by name, alias or dotted path."""
    operator: Annotated[ClauseOperator, BeforeValidator(_operator)]
    """Entra's operators. EQUALS and the others that compare texts are case-sensitive. A pattern must match the whole
    value. Where there is no value, only IS NULL is true."""
    value: Annotated[str, Field(max_length=2000)] = ""
    """The text to compare with; left out for IS TRUE, IS FALSE, IS NULL and IS NOT NULL."""

    @property
    def unary(self) -> bool:
        """Return whether the operator takes no value."""
        return self.operator in UNARY


Clause = Annotated[ClauseModel, BeforeValidator(_clause, json_schema_input_type=str | ClauseModel)]


class ScopeModel(Part):
    """Who takes part; without clauses, everybody."""

    clauses: Annotated[tuple[Clause, ...], Field(max_length=100)] = ()
    """Conditions that must all be met: short for a single group."""
    groups: Annotated[tuple[Annotated[tuple[Clause, ...], Field(max_length=100)], ...], Field(max_length=100)] = ()
    """Groups of conditions; a person who meets all of one group is in scope."""
    out_of_scope: Literal["keep", "clear"] = "keep"
    """What happens to the properties of a person who leaves the scope."""


class ExampleModel(Part):
    """An example beside a mapping, run by `upa config check`."""

    in_: Annotated[Any, Field(alias="in")]
    """The value of the source, or attributes by name with their values."""
    out: str | None = None
    """The value that the profile gets; left out where nothing is sent."""
    invalid: bool = False
    """True if the value must be invalid."""


class MappingModel(Part):
    """How one profile property is computed: from exactly one of `source`, `expression` and `constant`."""

    target: Annotated[str, Field(min_length=1, max_length=250)]
    """Internal name of the profile property, e.g. CostCenter; not one that SharePoint fills by itself."""
    source: Line | None = None
    """An attribute: `department`, `employeeOrgData.costCenter`, `extensionAttribute7`, `ext:CostCenter`."""
    expression: Annotated[str, Field(max_length=4000)] | None = None
    """An expression in Entra's syntax, e.g. `Join(", ", [city], [country])`."""
    constant: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    """The same text for everybody in scope."""
    type: Literal["string", "date", "datetime", "boolean", "integer", "strings", "terms", "person"] = "string"
    """The property's type; values are written in one form, whatever the server's language and time zone. A list
    (strings), terms and a person need `route: individual`."""
    route: Literal["bulk", "individual"] = "bulk"
    """How values travel: by SharePoint's bulk import, or one profile at a time, which needs `upa doctor
    --probe-individual` first."""
    on_user_edit: Literal["keep", "overwrite"] = "keep"
    """With `route: individual`: what happens to a value that somebody else wrote."""
    on_drift: Literal["report", "repair"] = "report"
    """When a profile holds another value than the confirmed one: report it, or also send the value again (needs the
    connector's `drift`)."""
    format: Annotated[str, Field(max_length=100)] | None = None
    """For date and datetime: .NET custom format; default yyyy-MM-dd, or yyyy-MM-dd HH:mm:ss (always UTC)."""
    words: Annotated[tuple[Line, Line], Field(description="For boolean: the words for true and false.")] | None = None
    """For boolean: the words for true and false; default True, False."""
    on_empty: Literal["keep", "clear", "default"] = "keep"
    """When there is no value: leave the property as it is, clear it (strings only; with `route: individual` what the
    probe proved), or send `default`."""
    default: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    """With `on_empty: default`: the value that is sent, written by type like any other (dates in ISO 8601)."""
    on_invalid: Literal["escrow_value", "escrow_user", "fail_run", "skip_value"] = "escrow_value"
    """When a value doesn't fit: retry it later, retry the whole person later, stop the run, or leave it out."""
    max_length: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Longest value, in UTF-16 code units as SharePoint counts."""
    on_too_long: Literal["error", "truncate"] = "error"
    """What happens to longer values: invalid, or cut (never through a character)."""
    state: Literal["proposed", "active", "retired"] = "active"
    """Proposed mappings show up in plans only; retired ones are ignored."""
    redact: bool = False
    """Show `***` instead of this property's values in plans, reports and logs."""
    examples: Annotated[tuple[ExampleModel, ...], Field(max_length=50)] = ()
    """Examples (`in`, `out`) that must hold."""
