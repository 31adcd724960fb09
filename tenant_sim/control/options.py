"""Every switch of the tenant by group and name, as the control surface shows and changes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tenant_sim.upa.single_values import LOCALES

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_WORDS: dict[str, tuple[str | None, ...]] = {
    "app_writes": ("none", "editable_only", "all"),
    "term_rights": ("by_role", "none", "existing", "all"),
    "clears": ("empty", "null", "neither"),
    "date_locale": LOCALES,
    "mode": ("time", "reads", "immediate"),
    "import_dates": ("text", "reformatted"),
    "bad_link": (None, "loop", "foreign", "missing"),
}
_FREE: dict[str, type] = {"limit": int, "delay": float, "page_token_lifetime_s": float}
"""Types of switches that may be null; null means off, or a value that another setting gives."""


def groups(sim: TenantSim) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Return the object that holds the switches of each group, and their names."""
    return {
        "delta": (sim.delta.options, tuple(vars(sim.delta.options))),
        "graph": (sim, ("max_address",)),
        "replica": (sim.replica, ("lag_s",)),
        "throttle": (sim.graph_throttle, ("enabled", "limit")),
        "jobs": (sim.timer_job.settings, tuple(vars(sim.timer_job.settings))),
        "limits": (sim.timer_job.limits, tuple(vars(sim.timer_job.limits))),
        "library": (sim.library, ("list_view_threshold", "max_file", "max_single_request")),
        "profiles": (sim.profiles, ("delay",)),
        "people": (sim.single_writes.rules, tuple(vars(sim.single_writes.rules))),
        "people_throttle": (sim.people_throttle, ("enabled", "limit", "others_per_minute")),
        "accounts": (sim.accounts, ("lag_s",)),
        "tokens": (sim.tokens, ("lifetime_s",)),
    }


def show(sim: TenantSim) -> dict[str, dict[str, Any]]:
    """Return all switches."""
    return {group: {name: getattr(one, name) for name in names} for group, (one, names) in groups(sim).items()}


def change(sim: TenantSim, group: str, values: dict[str, Any]) -> dict[str, Any]:
    """Change switches of a group, all of them or none; `ValueError` names what doesn't fit."""
    known = groups(sim)
    if group not in known:
        raise ValueError(f"no such group of options: {group}; one of {', '.join(known)}")
    holder, names = known[group]
    for name, value in values.items():
        if name not in names:
            raise ValueError(f"no such option: {name}; one of {', '.join(names)}")
        _check(name, getattr(holder, name), value)
    if group == "limits":  # frozen, since an import reads them twice
        sim.timer_job.limits = replace(holder, **values)
    else:
        for name, value in values.items():
            setattr(holder, name, value)
    return show(sim)[group]


def _check(name: str, before: Any, value: Any) -> None:
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise ValueError(f"{name} is one of {', '.join(map(str, _WORDS[name]))}, not {value!r}")
        return
    kind = _FREE.get(name, type(before))
    if value is None and name in _FREE:
        return
    fits = isinstance(value, int | float) if kind in (int, float) else isinstance(value, kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} is {kind.__name__}, not {value!r}")
