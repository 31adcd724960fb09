"""Parts of the language whose meaning changed when it began to follow .NET's recorded answers.

A connector that uses it gets another fingerprint, hence one announced full round; all others keep theirs.
"""

from __future__ import annotations

import re

from upa_core.domain.errors import ConfigError
from upa_core.domain.language.dates import DateFormat
from upa_core.domain.language.expressions import Call, Constant, Expression, walk

REVISION = 2
_CLASSES = re.compile(r"\\[wWbsS]|\(\?i[:)].*\\[pP]\{L[ult]\}", re.DOTALL)
_REFERENCES = re.compile(r"\$(?:[`'+_]|[0-9]{3})")
_PLAIN = {"yyyy", "yy", "MM", "dd", "HH", "mm", "ss"}
_PATTERN, _REPLACEMENT = 2, 4
_CULTURE = 1
_INPUT, _OUTPUT = 2, 3


def pattern_is_revised(text: str) -> bool:
    """Return whether a pattern may match other texts than before: it has a set of characters or the edge of a word."""
    return _CLASSES.search(text) is not None


def output_is_revised(pattern: str) -> bool:
    """Return whether a date format may write another text than before: a dot before a fraction that may be empty."""
    return "F" in pattern and "." in pattern


def is_revised(expression: Expression) -> bool:
    """Return whether an expression may give another value than before."""
    return any(isinstance(node, Call) and _call(node) for node, _ in walk(expression))


def _call(node: Call) -> bool:
    texts = [str(arg.value) if isinstance(arg, Constant) else "" for arg in node.args]
    if node.function == "Replace" and len(texts) > _PATTERN and texts[_PATTERN]:
        replacement = texts[_REPLACEMENT] if len(texts) > _REPLACEMENT else ""
        return pattern_is_revised(texts[_PATTERN]) or _REFERENCES.search(replacement) is not None
    if node.function in ("ToLower", "ToUpper") and len(texts) > _CULTURE:
        return texts[_CULTURE] == "iv" or "_" in texts[_CULTURE]
    if node.function == "FormatDateTime" and texts:
        return output_is_revised(texts[_OUTPUT]) or (texts[_INPUT] != "" and _input(texts[_INPUT]))
    return False


def _input(pattern: str) -> bool:
    """Return whether a format may read other texts than before: names, halves, offsets, parts without a separator."""
    try:
        tokens = DateFormat.compile(pattern).tokens
    except ConfigError:
        return False
    for token, following in zip(tokens, (*tokens[1:], None), strict=True):
        if not token.letter or token.text in _PLAIN or token.letter == "f":
            continue
        if token.width > 1 or token.letter not in "MdHms" or (following and following.letter):
            return True
    return False
