"""The page: one document that loads nothing from other sites; its first lines need no script.

Everything the pipeline knows is data: text is escaped here, the script builds nodes and never markup, and the policy
lets no other script or style in, nor turns a text into markup (trusted types).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from upa_core.domain.http import Response

Status = Mapping[str, Any]

_CALM = {"healthy": "good", "starting": "neutral", "staging": "neutral", "paused": "neutral"}
"""State → tone; any other state needs attention."""
_LOUD = {"quarantined", "stalled"}


def page(statuses: Sequence[Status], trouble: str, *, css: str, script: str, status: int = 200) -> Response:
    """Return the page with the present state; `trouble`: why no state is known."""
    body = "".join(_connector(one) for one in statuses)
    if trouble:
        said = f'<p class="top"><b class="state">No answer</b> <span>{escape(trouble)}</span></p>'
        body = f'<section class="connector loud">{said}</section>'
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>upa-sync</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<meta name="color-scheme" content="light dark"><style>{css}</style></head><body>'
        '<a class="skip" href="#main">Skip to content</a>'
        '<header><h1><a href="?">upa-sync</a></h1><p id="note" role="status" aria-live="polite"></p></header>'
        f'<main id="main" tabindex="-1"><div id="view">{body}</div>'
        "<noscript><p>Without script this page shows the state alone. <code>upa status</code>, <code>upa runs</code> "
        "and <code>upa why</code> show the rest in a terminal.</p></noscript>"
        f"</main><script>{script}</script></body></html>"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy(css, script),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    return Response(status, text, headers)


def policy(css: str, script: str) -> str:
    """Return the content security policy: only this script, this style, and calls to our own origin."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(css)}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def tone(state: str) -> str:
    """Return the tone of a state: good, neutral, warn or loud."""
    return _CALM.get(state, "loud" if state in _LOUD else "warn")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _connector(one: Status) -> str:
    state = str(one["state"])
    since = f' <span class="since">since {_time(one["since"])}</span>' if one.get("since") else ""
    why = f' <span class="why">{escape(str(one["reason"]))}</span>' if one.get("reason") else ""
    todo = f'<p class="todo"><b>What to do:</b> {escape(str(one["what_to_do"]))}</p>' if one.get("what_to_do") else ""
    moves = "".join(f"<li>{escape(_moving(step))}</li>" for step in one.get("moving") or ())
    moving = f'<ul class="moving" aria-label="What moves now">{moves}</ul>' if moves else ""
    facts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in _facts(one))
    return (
        f'<section class="connector {tone(state)}" data-connector="{escape(str(one["connector"]))}">'
        f'<p class="top"><span class="name">{escape(str(one["connector"]))}</span> '
        f'<b class="state">{escape(state.capitalize())}</b>{since}{why}</p>{todo}{moving}'
        f'<dl class="facts">{facts}</dl></section>'
    )


def _facts(one: Status) -> Iterable[tuple[str, str]]:
    yield "last success", _time(one.get("last_success"))
    yield "last pull", _time(one.get("last_pull"))
    escrow = one.get("escrow") or {}
    yield "in escrow", escape(str(escrow.get("total", 0)))
    yield "people known", escape(str((one.get("people") or {}).get("known", 0)))
    yield "import jobs today", escape(f"{one.get('jobs_today', 0)} of {one.get('jobs_per_day', 0)}")
    quarantine = one.get("quarantine")
    if quarantine and quarantine["off_since"]:
        yield "switched off", _time(quarantine["off_since"])
    elif quarantine:
        waits = "after the decision" if quarantine["probe"] == "decision" else "with the next change"
        yield "next try", _time(quarantine["next_probe"]) if quarantine["next_probe"] else waits
        yield "switched off after", _time(quarantine["off_after"])


def _moving(step: Mapping[str, Any]) -> str:
    far = f" {step['done']:,} of {step['of']:,} {step['unit']}" if step.get("of") else ""
    ends = f", expected to end {_day(str(step['expected']))}" if step.get("expected") else ""
    return f"{step['what']}{far}{ends}"


def _time(moment: Any) -> str:
    if not moment:
        return "never"
    text = str(moment)
    return f'<time datetime="{escape(text)}">{escape(_day(text))}</time>'


def _day(text: str) -> str:
    """Return a moment with its day, in UTC: only the script knows the reader's time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} UTC"
