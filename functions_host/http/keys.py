"""Function keys: made once for a state directory, kept in keys.json, compared in constant time."""

from __future__ import annotations

import hmac
import json
import secrets
from pathlib import Path


class Keys:
    """The master key, the default host key, the durable extension's system key and one key for each function."""

    def __init__(self, path: Path, functions: list[str], *, required: bool = True) -> None:
        self.required = required
        self.path = path
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.master: str = stored.get("master") or _new()
        self.default: str = stored.get("default") or _new()
        self.system: str = stored.get("durabletask_extension") or _new()
        known = stored.get("functions") or {}
        self._functions: dict[str, str] = {name: known.get(name) or _new() for name in functions}
        document = {
            "master": self.master,
            "default": self.default,
            "durabletask_extension": self.system,
            "functions": self._functions,
        }
        if document != stored:
            temporary = path.with_suffix(".tmp")
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps(document, indent=2), encoding="utf-8")
            temporary.replace(path)

    def of(self, function: str) -> str:
        """Return the key of one function."""
        return self._functions[function]

    def allows(self, level: str, given: str | None, function: str = "") -> bool:
        """Return whether a key opens a function of that level (anonymous, function, admin, system)."""
        level = level.lower()
        if not self.required or level == "anonymous":
            return True
        accepted = [self.master]
        if level == "function":
            accepted += [self.default, self._functions.get(function, self.default)]
        elif level == "system":
            accepted.append(self.system)
        return given is not None and any(hmac.compare_digest(given.encode(), key.encode()) for key in accepted)


def _new() -> str:
    return secrets.token_urlsafe(30)
