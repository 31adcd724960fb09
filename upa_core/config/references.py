"""`${NAME}` references to the environment, and the refusal of secrets in the file itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from upa_core.config.grammar import closest
from upa_core.config.problems import ConfigProblem, path_text
from upa_core.config.yaml_tree import Items, Node, Record, Text

_REFERENCE = re.compile(r"\$(\$?)\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LITERAL_KEYS = {"expression", "examples"}
"""Below these keys `${…}` isn't a reference: a replacement may name a group of its pattern so."""

_SECRETS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"[A-Za-z0-9_.~-]{3}[78]Q~[A-Za-z0-9_.~-]{31,34}", re.ASCII), "a client secret"),
    (re.compile(r"(AccountKey|SharedAccessKey|SharedAccessSignature)=[^;\s]{8,}", re.IGNORECASE), "a storage key"),
    (re.compile(r"[?&;](sig|code|key)=[A-Za-z0-9%+/_-]{16,}", re.IGNORECASE), "a link that carries a key"),
    (re.compile(r"://[^/\s@]*:[^/\s@]+@"), "an address with a password"),
    (re.compile(r"\b(password|passwd|pwd|secret)=[^;&\s]{4,}", re.IGNORECASE), "a password"),
    (re.compile(r"\bMI[IG][A-Za-z0-9+/\r\n]{120,}={0,2}"), "a certificate or key"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"), "a token"),
)
SECRET_KEYS = re.compile(
    r"(secret|password|passwd|pwd|token|apikey|api_key|private_?key|pfx|connection_?string)", re.IGNORECASE
)

Path = tuple[str | int, ...]


_WHERE = "set it where upa runs (export {0}=…), and for the function app in extraSettings (docs/how-to/deploy.md)"


def is_secret_key(name: str) -> bool:
    """Return whether a key's name says that its value is a secret."""
    return SECRET_KEYS.search(name) is not None


def literal_secret(text: str) -> str:
    """Return the kind of secret that a text looks like, or an empty text."""
    return next((kind for pattern, kind in _SECRETS if pattern.search(text)), "")


def fill_references(root: Record, environ: Mapping[str, str]) -> list[ConfigProblem]:
    """Replace `${NAME}` by the environment's value, in place; `$${` stands for `${`. Return what is wrong.

    Aliased parts are visited once. Values that come from the environment are never shown.
    """
    problems: list[ConfigProblem] = []
    for holder, key, text, path in _texts(root):
        if kind := literal_secret(text):
            message = f"looks like {kind} (not shown); write a reference to a setting, ${{NAME}}, or to Key Vault"
            problems.append(ConfigProblem(*_place(holder, key), path_text(path), message))
        if _LITERAL_KEYS.isdisjoint(path) and "${" in text:
            filled = _fill(text, environ, (*_place(holder, key), path_text(path)), problems)
            holder[key] = Text.at(filled, text.line, text.column, raw=str(text))  # type: ignore[index] # a key of its own holder
    return problems


def _place(holder: Record | Items, key: str | int) -> tuple[int, int]:
    return holder.places[key]  # type: ignore[index] # as above


def _fill(text: Text, environ: Mapping[str, str], place: tuple[int, int, str], problems: list[ConfigProblem]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        name = match[2]
        if not _NAME.fullmatch(name):
            message, suggestion = f"${{{name[:40]}}} isn't a reference: letters, digits and underscores", ""
        elif not environ.get(name):
            message = f"${{{name}}}: the setting {name} isn't there or is empty; {_WHERE.format(name)}"
            suggestion = closest(name, (known for known in environ if known.upper().startswith("UPA")))
        else:
            return environ[name]
        problems.append(ConfigProblem(*place, message, suggestion))
        return match[0]

    return _REFERENCE.sub(value, text)


def _texts(root: Record) -> Iterator[tuple[Record | Items, str | int, Text, Path]]:
    stack: list[tuple[Node, Path]] = [(root, ())]
    seen: set[int] = set()
    while stack:
        node, path = stack.pop()
        if id(node) in seen or not isinstance(node, Record | Items):
            continue
        seen.add(id(node))
        parts: list[tuple[str | int, Node]] = list(node.items() if isinstance(node, Record) else enumerate(node))
        for key, part in parts:
            if isinstance(part, Text):
                yield node, key, part, (*path, key)
            else:
                stack.append((part, (*path, key)))
