"""The problems of a connector file: each with its place and a remedy."""

from __future__ import annotations

from dataclasses import dataclass

from upa_core.domain.errors import ConfigError

MAX_SHOWN = 50


@dataclass(frozen=True, slots=True, order=True)
class ConfigProblem:
    """One problem in the file."""

    line: int
    column: int
    where: str
    """The key's path, e.g. `connectors[0].mappings[3].source`."""
    message: str
    """Names the offending value, unless that may be a secret."""
    suggestion: str = ""


class ConfigFileError(ConfigError):
    """The connector file is wrong; the text lists all problems in the order of the file."""

    def __init__(self, name: str, problems: list[ConfigProblem]) -> None:
        self.name = name
        self.problems = tuple(sorted(set(problems)))
        shown = [_line(name, problem) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(f"{name}: and {len(self.problems) - MAX_SHOWN} more problems")
        super().__init__("\n".join(shown))


def _line(name: str, problem: ConfigProblem) -> str:
    where = f"{problem.where}: " if problem.where else ""
    hint = f" (did you mean {problem.suggestion}?)" if problem.suggestion else ""
    return f"{name}:{problem.line}:{problem.column}: {where}{problem.message}{hint}"


def path_text(path: tuple[str | int, ...]) -> str:
    """Return a path as people write it: `connectors[0].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shown(value: object, limit: int = 60) -> str:
    """Return a value for a message: quoted, on one line, printable, cut."""
    text = str(value)
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[: limit + 1])
    return f"'{text[:limit]}…'" if len(text) > limit else f"'{text}'"
