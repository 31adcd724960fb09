"""The rules of a mapping's route: types that only single writes can do, and properties that they mustn't write."""

from __future__ import annotations

from collections.abc import Callable

from upa_core.config.models_mapping import MappingModel
from upa_core.config.problems import shown
from upa_core.domain.language.values import LISTS
from upa_core.domain.plan.core_properties import why_not_single

_SINGLE = {"strings": "several values", "terms": "terms", "person": "a person"}
"""Types that only the individual route writes."""


def check_route(model: MappingModel, refuse: Callable[..., None]) -> None:
    """Refuse a mapping that its route can't write; `refuse` takes a path below the mapping, a message, a suggestion."""
    if model.type in _SINGLE and model.route == "bulk":
        refuse(("type",), f"bulk import can't write {_SINGLE[model.type]}", "route: individual")
    if model.on_user_edit != "keep" and model.route == "bulk":
        refuse(
            ("on_user_edit",), "is only for route: individual; bulk import can't write a property that users may edit"
        )
    if model.route == "individual" and (reason := why_not_single(model.target)):
        refuse(("target",), f"{shown(model.target)} can't be written individually: {reason}")
    if model.type in LISTS and model.on_too_long == "truncate":
        refuse(("on_too_long",), f"{model.type} can't be cut: a list without its end is another list")
    if model.type in _SINGLE and model.max_length is not None:
        refuse(("max_length",), f"can't be written for {model.type}")
