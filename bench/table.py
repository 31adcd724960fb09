"""The table of what was measured: what, measured, goal, met."""

from __future__ import annotations

from typing import Any

Row = tuple[str, str, str, str]


class Table:
    """Rows, each with a goal or for information."""

    def __init__(self) -> None:
        self.rows: list[Row] = [("what", "measured", "goal", "met"), ("---", "---", "---", "---")]

    def at_most(self, what: str, value: float, goal: float, unit: str = "") -> None:
        """Add a figure that meets its goal where it is no larger."""
        self._add(what, value, f"≤ {goal:g}{unit}", unit, met=value <= goal)

    def at_least(self, what: str, value: float, goal: float, unit: str = "") -> None:
        """Add a figure that meets its goal where it is no smaller."""
        self._add(what, value, f"≥ {goal:g}{unit}", unit, met=value >= goal)

    def note(self, what: str, measured: str) -> None:
        """Add a figure without a goal."""
        self.rows.append((what, measured, "", ""))

    def _add(self, what: str, value: float, goal: str, unit: str, *, met: bool) -> None:
        self.rows.append((what, f"{value:g}{unit}", goal, "yes" if met else "NO"))


def rows(made: dict[str, Any]) -> list[Row]:
    """Return the table of everything that was measured."""
    table = Table()
    if found := made.get("floor"):
        _floor(table, found)
    days = {day["people"]: day for day in made.get("days", ())}
    for people, day in days.items():
        _day(table, people, day)
    if 1_000_000 in days:
        _flat(table, days)
    if (found := made.get("azurite")) and "first" in found:
        table.at_most(f"peak memory on Azurite, {found['people']} people", found["first"]["peak_mib"], 200, " MiB")
    if found := made.get("file"):
        _file(table, found)
    if found := made.get("cold"):
        _cold(table, found)
    if found := made.get("peers"):
        _peers(table, found, made.get("floor"))
    if found := made.get("growth"):
        _growth(table, found)
    return table.rows


def calls_of(part: dict[str, Any]) -> int:
    """Return how many calls of Graph and SharePoint a part made."""
    return int(sum(part["graph"].values()) + sum(part["sharepoint"].values()))


def _floor(table: Table, found: dict[str, Any]) -> None:
    table.note(f"floor, {found['people']} people", f"{found['floor_us_per_user']} µs a user")
    ratios = found["ratios"]
    for what, goal in (("pull", 1.8), ("whole", 5), ("again, whole", 3)):
        table.at_most(f"{what} / floor, processor time", ratios[what], goal, " ×")
    table.note("plan and files, send and settle / floor", f"{ratios['plan and files']}, {ratios['send and settle']} ×")
    share = f"{found['transport_share_of_floor']:.1%} of floor, {found['transport_share_of_ours']:.1%} of ours"
    table.note("transport's share (taken off)", share)


def _day(table: Table, people: int, day: dict[str, Any]) -> None:
    first, daily, slow, idle = day["first"], day["daily"], day["slow"], day["idle"]
    table.at_most(f"peak memory, {people} people, {first['import_jobs']} import files", first["peak_mib"], 200, " MiB")
    table.note(
        f"first run, {people} people",
        f"{first['cpu_s']} s processor, {first['transactions']} storage transactions",
    )
    table.at_most(f"import jobs of a full round without differences, {people}", day["again"]["import_jobs"], 0)
    table.at_most(f"100 changes among {people}: storage transactions", daily["transactions"], 260)
    table.at_most(f"100 changes among {people}: processor time", daily["cpu_s"], 1, " s")
    table.note(
        f"100 changes among {people}: Graph, SharePoint calls",
        f"{daily['graph']}, {sum(daily['sharepoint'].values())}",
    )
    table.at_most(
        f"100 changes among {people}, slow services: over the critical path",
        round((slow["wall_s"] / slow["critical_s"] - 1) * 100, 1),
        15,
        " %",
    )
    table.at_most(f"idle tick, {people}: storage transactions", idle["transactions"], 6)
    table.at_most(f"idle tick, {people}: Graph, SharePoint calls", calls_of(idle), 1)


def _file(table: Table, found: dict[str, Any]) -> None:
    what = f"a joined file of {found['rows']} rows and {found['columns']} columns"
    table.at_most(f"peak memory, {what}", max(found[part]["peak_mib"] for part in ("first", "changed")), 250, " MiB")
    for order, took in found["csv"].items():
        spread = f"{took['least']} to {took['largest']} × ({took['ours_s']} s, {took['csv_s']} s)"
        table.at_most(f"file, {order} keys: read under its contract / merely with csv", took["ratio"], 2, " ×")
        table.note("least and largest of the rounds", spread)
    table.note(f"{what}, then 100 changed rows", f"{found['first']['cpu_s']}, {found['changed']['cpu_s']} s processor")


def _flat(table: Table, days: dict[int, dict[str, Any]]) -> None:
    large, small = (days[people]["first"]["peak_mib"] for people in (1_000_000, 100_000))
    table.at_most("peak memory, 1M / 100k people", round(large / small, 2), 1.2, " ×")


def _cold(table: Table, found: dict[str, Any]) -> None:
    table.at_most("cold start: indexing / Functions libraries alone", found["indexed_ratio"], 1.15, " ×")
    table.at_most("cold start: ready / Functions libraries alone", found["ready_ratio"], 1.9, " ×")
    table.at_most("cold start: more memory", found["ready_extra_mib"], 45, " MiB")
    imported = found["cloud_sdks_imported"]
    table.rows.append(("cloud SDKs imported before use", imported or "none", "none", "yes" if not imported else "NO"))


def _peers(table: Table, found: dict[str, Any], floor: dict[str, Any] | None) -> None:
    if floor is not None:
        base, sdk = floor["floor_us_per_user"], found["sdk"]["us_per_user"]
        for what, part, goal in (("pull", "pull", 300), ("whole run", "whole", 100)):
            ratio = round(sdk / (base * floor["ratios"][part]))
            table.at_least(f"msgraph-sdk + json.dumps / our {what}", ratio, goal, " ×")
    table.at_least("PnP's bytes / ours, a week (computed)", found["week"]["bytes_ratio"], 5, " ×")
    table.at_least("PnP's polls / ours, a week (computed)", found["week"]["polls_ratio"], 10, " ×")


def _growth(table: Table, found: dict[str, Any]) -> None:
    for by in ("people", "properties"):
        for what, value in found[by].items():
            table.at_most(f"exponent of {what} by {by}", value, 1.05)
    for what, value in found["daily_largest_over_smallest"].items():
        table.at_most(f"100 changes, largest / smallest tenant: {what}", value, 1.3, " ×")
