"""Older versions of the connector file are converted to the current one, step by step, before any check."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from upa_core.config.models import CURRENT_VERSION
from upa_core.config.problems import ConfigProblem, shown
from upa_core.config.yaml_tree import Record, Text, place_of

Migration = Callable[[Record], None]
"""Changes a tree of version n into one of version n + 1, in place; parts keep their places in the file."""

MIGRATIONS: dict[int, Migration] = {}
"""By the version they start from; version 1 is the first."""


def migrate(
    tree: Record, migrations: Mapping[int, Migration] = MIGRATIONS, current: int = CURRENT_VERSION
) -> ConfigProblem | None:
    """Bring a tree to the current version; return why that can't be."""
    _, line, column, node = place_of(tree, ("version",))
    if "version" not in tree or node is None:
        return ConfigProblem(
            line, column, "", "'version' is missing: write it at the beginning of the file", f"version: {current}"
        )
    text = str(node)
    if not isinstance(node, Text) or not (text.isascii() and text.isdigit() and len(text) < 6):
        return ConfigProblem(line, column, "version", f"{shown(node)} must be a whole number", str(current))
    version = int(text)
    if version > current:
        return ConfigProblem(
            line, column, "version", f"{version} is newer than this program, which reads up to {current}"
        )
    while version < current:
        if version not in migrations:
            return ConfigProblem(
                line, column, "version", f"{version} isn't a version that this program reads", str(current)
            )
        migrations[version](tree)
        version += 1
        tree["version"] = Text.at(str(version), line, column)
    return None
