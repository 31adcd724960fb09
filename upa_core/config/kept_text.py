"""The text of a connector file as it may be kept with runs: without secrets, which comments may hold too."""

from __future__ import annotations

import re
from typing import Any

import yaml

from upa_core.config.references import SECRET_KEYS, literal_secret
from upa_core.config.yaml_tree import Items, Record, Text

_COMMENTED = re.compile(
    rf"#[^\n]*{SECRET_KEYS.pattern}[A-Za-z0-9_]*[\"']?\s*[:=]\s*[\"']?(?!\$\{{)[^\s\"'#]", re.IGNORECASE
)
"""A comment in which a key that means a secret has a value."""


def kept_text(content: str | bytes, tree: Record) -> str:
    """Return the file with references unfilled, and without its comments where one looks like a secret.

    A value that looks like a secret is refused by whoever loads the file: it is never kept.
    """
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content.removeprefix("\ufeff")
    if not literal_secret(text) and not _COMMENTED.search(text):
        return text
    without: str = yaml.safe_dump(_plain(tree), allow_unicode=True, sort_keys=False, width=120)
    return without


def _plain(node: Any) -> Any:
    if isinstance(node, Record):
        return {str(key): _plain(part) for key, part in node.items()}
    if isinstance(node, Items):
        return [_plain(part) for part in node]
    return str(node) if isinstance(node, Text) else None
