"""Route templates of HTTP triggers, as ASP.NET reads them: parameters, constraints, optional and catch-all ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from functions_host.errors import SettingsError

_PATTERNS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "bool": r"(?:true|false)",
    "decimal": r"-?\d+(?:\.\d+)?",
    "double": r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
    "float": r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
    "guid": r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?",
    "alpha": r"[a-z]*",
    "datetime": r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?",
    "required": r".+",
}
_LIMITS = {"min", "max", "range", "length", "minlength", "maxlength"}
_RANKS = {"literal": 0, "constrained": 1, "plain": 2, "catch-all": 3}


@dataclass(frozen=True)
class _Parameter:
    name: str
    constraints: tuple[tuple[str, str], ...]
    default: str | None
    optional: bool
    catch_all: bool


class Route:
    """One compiled route template."""

    def __init__(self, template: str, methods: Sequence[str], function: str) -> None:
        self.template = template.strip("/")
        self.methods = tuple(method.upper() for method in methods)
        self.function = function
        self._parameters: list[_Parameter] = []
        self._regex = re.compile(self._compile(), re.IGNORECASE)

    @property
    def rank(self) -> tuple[int, ...]:
        """Order of precedence: literals before constrained parameters before plain ones before catch-alls."""
        return self._rank

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters if the path fits, else None."""
        found = self._regex.fullmatch("/" + path.strip("/"))
        if found is None:
            return None
        values: dict[str, str] = {}
        for index, parameter in enumerate(self._parameters):
            text = found[f"p{index}"]
            if text is None or text == "":
                if parameter.default is not None:
                    values[parameter.name] = parameter.default
                continue
            value = unquote(text)
            if not all(_satisfied(value, name, argument) for name, argument in parameter.constraints):
                return None
            values[parameter.name] = value
        return values

    def _compile(self) -> str:
        pattern, ranks = "", []
        for segment in _split(self.template):
            pieces = re.split(r"(\{(?:[^{}]|\{\{[^{}]*\}\}|\{[^{}]*\})*\})", segment)
            text, rank, skippable = "", "literal", False
            for piece in pieces:
                if not piece.startswith("{"):
                    text += re.escape(piece)
                    continue
                parameter = self._parameter(piece[1:-1])
                group = f"p{len(self._parameters)}"
                self._parameters.append(parameter)
                text += f"(?P<{group}>.*)" if parameter.catch_all else f"(?P<{group}>[^/]+)"
                skippable = segment == piece and (
                    parameter.optional or parameter.catch_all or parameter.default is not None
                )
                rank = "catch-all" if parameter.catch_all else "constrained" if parameter.constraints else "plain"
            pattern += f"(?:/{text})?" if skippable else f"/{text}"
            ranks.append(_RANKS[rank])
        self._rank = tuple(ranks)
        return pattern or "/"

    def _parameter(self, text: str) -> _Parameter:
        catch_all = text.startswith("*")
        body, equals, default = text.lstrip("*").partition("=")
        optional = body.endswith("?")
        name, *rest = re.split(r":(?![^(]*\))", body.rstrip("?"))
        constraints = []
        for item in rest:
            found = re.fullmatch(r"(\w+)(?:\((.*)\))?", item)
            kind = found[1].lower() if found else ""
            if found is None or (kind not in _PATTERNS and kind not in _LIMITS and kind != "regex"):
                msg = f"route {self.template!r}: constraint {item!r} is unknown"
                raise SettingsError(msg, "use int, guid, alpha, min(1), length(1,5), regex(...) and the like")
            argument = (found[2] or "").replace("{{", "{").replace("}}", "}")  # as templates escape braces
            constraints.append((kind, argument))
        return _Parameter(name, tuple(constraints), default if equals else None, optional, catch_all)


def _split(template: str) -> list[str]:
    """Split at slashes that are not inside a parameter."""
    return [part for part in re.split(r"/(?![^{]*\})", template) if part]


def _satisfied(value: str, name: str, argument: str) -> bool:
    if name in _PATTERNS:
        return re.fullmatch(_PATTERNS[name], value, re.IGNORECASE) is not None
    if name == "regex":
        return re.search(argument, value, re.IGNORECASE) is not None
    limits = [int(part) for part in argument.split(",")]
    if name in ("min", "max", "range"):
        if not re.fullmatch(r"-?\d+", value):
            return False
        size = int(value)
    else:
        size = len(value)
    if name.startswith("min"):
        return size >= limits[0]
    if name.startswith("max"):
        return size <= limits[0]
    return limits[0] <= size <= limits[-1]
