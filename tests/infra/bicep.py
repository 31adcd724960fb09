"""Reads Bicep offline: pycep for the tree, a small lexer for symbols (pycep can't tell a symbol from a string)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pycep import BicepParser

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
SHARED = ROOT.parent / "shared"
FILES = sorted(INFRA.rglob("*.bicep"))
KEYWORDS = {"param", "var", "resource", "module", "output", "existing", "if", "for", "in", "targetScope", "extension"}
LITERALS = {"true", "false", "null"}
TYPES = {"string", "int", "bool", "object", "array"}
_LINE = re.compile(r"^(param|var|resource|module|output) +([A-Za-z_]\w*)", re.MULTILINE)
_LOOP = re.compile(r"\[for +(?:\((\w+), *(\w+)\)|(\w+)) +in\b")
_DECLARES = re.compile(
    r"^\s*@.*$|^(?:param|output) +\w+ +\w+|^(?:var|resource|module) +\w+|^extension +\w+|^targetScope\b"
)
_LAMBDA = re.compile(r"\b(\w+) *=>")


@dataclass
class Bicep:
    """One parsed file."""

    path: Path
    text: str
    tree: dict[str, Any]
    declared: dict[str, str] = field(default_factory=dict)
    """Symbols by kind; outputs are apart."""
    outputs: set[str] = field(default_factory=set)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters."""
        return self.tree.get("parameters", {})

    @property
    def variables(self) -> dict[str, Any]:
        """The variables' values."""
        return {name: one["value"] for name, one in self.tree.get("variables", {}).items()}

    @property
    def resources(self) -> dict[str, Any]:
        """The resources."""
        return self.tree.get("resources", {})

    @property
    def modules(self) -> dict[str, Any]:
        """The modules."""
        return self.tree.get("modules", {})

    def body(self, symbol: str) -> dict[str, Any]:
        """Return a resource's or module's body, out of its loop or condition."""
        config = (self.resources.get(symbol) or self.modules[symbol])["config"]
        while isinstance(config, dict) and "config" in config and ({"loop_type", "condition"} & set(config)):
            config = config["config"]
        return unquote(config)


@cache
def load(path: Path) -> Bicep:
    """Parse a file."""
    return parse(path.read_text(encoding="utf-8"), path)


def parse(text: str, path: Path = Path("text.bicep")) -> Bicep:
    """Parse a text."""
    found = Bicep(path, text, BicepParser().parse(text=text))
    for kind, name in _LINE.findall(text):
        if kind == "output":
            found.outputs.add(name)
        else:
            found.declared[name] = kind
    return found


def unquote(value: Any) -> Any:
    """Take the quotes off quoted keys, which pycep keeps."""
    if isinstance(value, dict):
        return {str(key).strip("'"): unquote(one) for key, one in value.items()}
    return [unquote(one) for one in value] if isinstance(value, list) else value


def code_of(text: str) -> str:
    """Return the code without comments, with strings blanked except for what they interpolate."""
    out: list[str] = []
    position, depth = 0, 0
    inside: list[int] = []
    while position < len(text):
        two, one = text[position : position + 2], text[position]
        if two == "//":
            position = text.find("\n", position)
            continue
        if one == "'":
            position = _string(text, position + 1, out, inside, depth)
            continue
        if one == "{":
            depth += 1
        if one == "}":
            if inside and inside[-1] == depth:
                inside.pop()
                out.append(" ")
                position = _string(text, position + 1, out, inside, depth)
                continue
            depth -= 1
        out.append(one)
        position += 1
    return "".join(out)


def _string(text: str, position: int, out: list[str], inside: list[int], depth: int) -> int:
    """Skip a string up to its end or to its next interpolation; return where code goes on."""
    while text[position] != "'":
        if text[position] == "\\":
            position += 2
            continue
        if text[position : position + 2] == "${":
            inside.append(depth)
            out.append(" ")
            return position + 2
        position += 1
    out.append('""')
    return position + 1


def used_symbols(found: Bicep) -> dict[str, int]:
    """Return the symbols that the code uses, and how often, without those of its own loops and lambdas."""
    code = code_of(found.text)
    local = {name for groups in _LOOP.findall(code) for name in groups if name} | set(_LAMBDA.findall(code))
    used: dict[str, int] = {}
    for raw in code.splitlines():
        line = _DECLARES.sub("", raw)
        for match in re.finditer(r"(?<![\w.])([A-Za-z_]\w*)(?! *[\w(])(?! *:(?! ))", line):
            name, rest = match[1], line[match.end() :].lstrip()
            before = line[: match.start()].rstrip()
            key = rest.startswith(":") and (not before or before[-1] in "{,[")
            if not key and name not in KEYWORDS | LITERALS | local:
                used[name] = used.get(name, 0) + 1
    return used
