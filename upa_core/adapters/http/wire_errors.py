"""Error codes in the JSON bodies of Graph and SharePoint, read leniently [GR-24, SP-9]."""

from __future__ import annotations

from typing import Any

from upa_core.adapters.http.bounded_json import decode_json

_LIMIT = 64 * 1024
_DEPTH = 8


def error_codes(content: bytes) -> tuple[str, ...]:
    """Return the codes of an error body, outermost first; none for a body of another kind.

    Read are `{"error": {"code", "innererror": {…}}}` (Graph, spelt innerError too) and `{"odata.error": {"code"}}`
    (SharePoint, whose codes look like "-2147024894, System.IO.FileNotFoundException").
    """
    node = error_node(content)
    codes: list[str] = []
    for _ in range(_DEPTH):
        if not isinstance(node, dict):
            break
        if isinstance(code := node.get("code"), str) and code:
            codes.append(code[:120])
        node = next((value for key, value in node.items() if key.lower() == "innererror"), None)
    return tuple(codes)


def error_message(content: bytes) -> str:
    """Return the message of an error body. It may quote what we sent: search it for words, don't repeat it."""
    node = error_node(content) or {}
    message = node.get("message")
    if isinstance(message, dict):  # SharePoint: {"lang": "en-US", "value": "…"}
        message = message.get("value")
    return message if isinstance(message, str) else ""


def error_node(content: bytes) -> dict[str, Any] | None:
    """Return the error object of a body, None for a body without one."""
    if len(content) > _LIMIT:
        return None
    try:
        document = decode_json(content.decode("utf-8-sig", errors="replace"))
    except ValueError:
        return None
    return node_of(document)


def node_of(document: Any) -> dict[str, Any] | None:
    """Return the error object of a decoded body."""
    if not isinstance(document, dict):
        return None
    node = next((document[key] for key in ("error", "odata.error") if key in document), None)
    return node if isinstance(node, dict) else None
