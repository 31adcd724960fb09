"""Decode other people's JSON leniently and within bounds: limited nesting, only finite numbers."""

from __future__ import annotations

import json
import math
from typing import Any


def decode_json(text: str | bytes, *, strict: bool = True) -> Any:
    """Decode a document; a lone surrogate stays as it is.

    Raises ValueError for what isn't JSON, for nesting that can't be followed, and for a number that is too large.
    """
    try:
        return json.loads(text, strict=strict, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} isn't JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
