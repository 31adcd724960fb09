"""The forms of SharePoint's answers: JSON with no, minimal or verbose metadata; Atom where JSON isn't asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

import orjson

from tenant_sim.serving.http import HttpError, Request, Response
from tenant_sim.sharepoint import query

DENIED = "Access denied. You do not have permission to perform this action or access this resource."


def form(request: Request) -> str:
    """Return the form that the client asked for; plain application/json means minimal metadata."""
    accept = request.headers.get("accept", "").lower().replace(" ", "")
    if "odata=verbose" in accept:
        return "verbose"
    if "odata=nometadata" in accept or "odata.metadata=none" in accept:
        return "nometadata"
    return "minimal" if "json" in accept else "atom"


def entity(request: Request, value: dict[str, Any], kind: str, status: int = 200) -> Response:
    """Answer with one object of the type `kind`, or what `$select` names of it."""
    with _option_errors(request):
        query.check_single(request.params)
    shape, value = form(request), _chosen(request, value)
    if shape == "atom":
        return _xml(_atom_entry(value, kind), status)
    return _json(_object(value, kind, shape), shape, status, wrap=True)


def collection(request: Request, values: list[dict[str, Any]], kind: str, fields: Iterable[str]) -> Response:
    """Answer with a list of objects, or what the query options leave of them; `fields`: the names that they have."""
    shape = form(request)
    with _option_errors(request):
        values = query.rows(values, request.param, fields)
    values = [_chosen(request, value) for value in values]
    if shape == "atom":
        return _xml("<feed>" + "".join(_atom_entry(v, kind) for v in values) + "</feed>", 200)
    items = [_object(v, kind, shape) for v in values]
    return _json({"results": items} if shape == "verbose" else {"value": items}, shape, 200, wrap=True)


def _chosen(request: Request, value: dict[str, Any]) -> dict[str, Any]:
    """Return the selected properties; a client that reads others would fail live [SP-65]."""
    with _option_errors(request):
        return query.choose(value, request.param("$select"))


@contextmanager
def _option_errors(request: Request) -> Iterator[None]:
    """Return the error for query options that are refused or not simulated."""
    try:
        yield
    except query.QueryError as exc:
        raise error(request, 400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException", str(exc)) from exc
    except query.NotSimulatedError as exc:
        raise not_simulated(request, str(exc)) from exc


def check_options(request: Request) -> None:
    """Refuse query options that nothing here reads, before anything happens."""
    with _option_errors(request):
        query.check(request.params)


def not_simulated(request: Request, what: str) -> HttpError:
    """Build the answer for what SharePoint has and this simulator doesn't."""
    text = f"The simulator doesn't simulate {what}: see docs/simulator.md."
    return error(request, 501, "-1, NotSimulated", text)


def scalar(request: Request, name: str, value: Any) -> Response:
    """Answer with the bare value of a call; Int64 comes as a string."""
    shape = form(request)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if shape == "atom":
        return _xml(f"<d:{name}>{escape(str(value))}</d:{name}>", 200)
    return _json({name: value} if shape == "verbose" else {"value": value}, shape, 200, wrap=True)


def null(request: Request, name: str) -> Response:
    """Answer with null: `{"odata.null":true}` [SP-63]."""
    shape = form(request)
    if shape == "atom":
        return _xml(f'<d:{name} m:null="true" />', 200)
    return _json({name: None} if shape == "verbose" else {"odata.null": True}, shape, 200, wrap=True)


def error(request: Request, status: int, code: str, message: str) -> HttpError:
    """Build an error in the form the client asked for."""
    text = {"lang": "en-US", "value": message}
    shape = form(request)
    if shape == "atom":
        said = f'<m:message xml:lang="en-US">{escape(message)}</m:message>'
        return HttpError(_xml(f"<m:error><m:code>{escape(code)}</m:code>{said}</m:error>", status))
    key = "error" if shape == "verbose" else "odata.error"
    return HttpError(_json({key: {"code": code, "message": text}}, shape, status, wrap=False))


def _json(value: dict[str, Any], shape: str, status: int, *, wrap: bool) -> Response:
    names = {"verbose": "odata=verbose", "minimal": "odata=minimalmetadata", "nometadata": "odata=nometadata"}
    content_type = f"application/json;{names[shape]};streaming=true;charset=utf-8"
    body = {"d": value} if wrap and shape == "verbose" else value
    return Response(status, {"Content-Type": content_type}, orjson.dumps(body))


def _object(value: dict[str, Any], kind: str, shape: str) -> dict[str, Any]:
    if shape == "nometadata":
        return {k: v for k, v in value.items() if k != "__uri"}
    uri = value.get("__uri", "")
    plain = {k: v for k, v in value.items() if k != "__uri"}
    if shape == "minimal":
        return {"odata.type": kind, "odata.id": uri, "odata.editLink": uri, **plain}
    lists = {k: ({"results": v} if isinstance(v, list) else v) for k, v in plain.items()}
    return {"__metadata": {"id": uri, "uri": uri, "type": kind}, **lists}


def _atom_entry(value: dict[str, Any], kind: str) -> str:
    return (
        f'<entry><id>{escape(str(value.get("__uri", "")))}</id><category term="{kind}" />'
        f'<content type="application/xml"><m:properties>{"".join(_properties(value))}</m:properties></content></entry>'
    )


def _properties(value: dict[str, Any]) -> Iterator[str]:
    for name, one in value.items():
        if name != "__uri" and not isinstance(one, list | dict):
            yield f"<d:{name}>{escape('' if one is None else str(one))}</d:{name}>"


def _xml(content: str, status: int) -> Response:
    """Wrap Atom.

    ASSUMED [SP-66]: a client that asks for no JSON gets Atom; only its outline is kept here.
    """
    spaces = (
        'xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
        'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
    )
    name = re.split(r"[ >]", content[1:], maxsplit=1)[0]
    named = content.replace(f"<{name}", f"<{name} {spaces}", 1)
    body = f'<?xml version="1.0" encoding="utf-8"?>{named}'.encode()
    return Response(status, {"Content-Type": "application/atom+xml;charset=utf-8"}, body)
