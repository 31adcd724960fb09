"""Secondary sources that aren't rows of another system: a group, everybody's manager, a file of names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from upa_core.config.result import RowsOf
from upa_core.config.sources.models import MatchModel, RowsModel, SecondaryModel
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.joined.secondary import MEMBER, Secondary

MAX_LEFT = 50.0
"""Percent of a group's members, or of people with a manager, who may leave at once."""
_TAKES = {
    "group": frozenset({"max_drop", "expect"}),
    "manager": frozenset({"max_drop", "expect"}),
    "names": frozenset({"at", "encoding", "min_rows", "max_drop", "max_unmatched", "max_rows", "ends_with_newline"})
    | {"expect", "settle"},
}
_OWN = {"to": "names", "group": "group", "nested": "group"}

Add = Callable[..., None]


def refuse_others(model: SecondaryModel, add: Add) -> bool:
    """Add a problem for each key that other kinds of source have; return whether there was one."""
    given = model.model_fields_set
    wrong = {name: kind for name, kind in _OWN.items() if name in given and kind != model.kind}
    takes = _TAKES.get(model.kind)
    if takes is not None:
        wrong |= dict.fromkeys(sorted((given & RowsModel.model_fields.keys()) - takes), "file and sql")
    for name, kind in wrong.items():
        add((name,), f"is for {kind}, not for {model.kind}")
    return bool(wrong)


def build_graph_source(model: SecondaryModel, add: Add) -> RowsOf | None:
    """Build a group or the managers; None where a problem was added."""
    if model.kind == "group" and model.group is None:
        add((), "a group needs `group`, its object id")
        return None
    keys = (KeyPart("id", "id"),)
    secondary = Secondary(
        model.as_,
        keys,
        on_missing="leave",
        expect=model.expect,
        kind="group" if model.kind == "group" else "manager",
        group=(model.group or "").lower(),
        nested=model.nested or "refuse",
        max_left=model.max_drop if "max_drop" in model.model_fields_set else MAX_LEFT,
    )
    return RowsOf(secondary, Contract(keys), timedelta(0))


def as_file(model: SecondaryModel) -> SecondaryModel:
    """Return a file of names as the file that it is: one column, whose every row names a member."""
    match = (MatchModel(column=MEMBER, to=model.to or "userPrincipalName"),)
    changes: dict[str, Any] = {"match": match, "on_missing": "leave", "delimiter": "\t"}
    if "max_drop" not in model.model_fields_set:
        changes["max_drop"] = MAX_LEFT
    return model.model_copy(update=changes)
