"""The documentation pages: links, anchors, code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: Path
    number: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """Page and number, for test ids."""
        return f"{self.page.relative_to(ROOT)}-{self.number}"


def blocks(*languages: str) -> list[Block]:
    """Return the code blocks in these languages, all without."""
    return [block for block in _all_blocks() if not languages or block.language in languages]


@cache
def _all_blocks() -> tuple[Block, ...]:
    return tuple(block for page in PAGES for block in _blocks(page))


def _blocks(page: Path) -> Iterator[Block]:
    for number, match in enumerate(_FENCE.finditer(page.read_text(encoding="utf-8")), 1):
        lines = match["text"].splitlines()
        text = "\n".join(line.removeprefix(match["indent"]) for line in lines) + "\n"
        yield Block(page, number, match["language"], text)


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#{1,6} +(.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
