"""Graph's error answers."""

from __future__ import annotations

from tenant_sim.serving.http import HttpError, json_response


def graph_error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> HttpError:
    """Build an error answer; request ids are added where the response leaves the surface."""
    return HttpError(json_response({"error": {"code": code, "message": message, "innerError": {}}}, status, headers))


def bad_request(message: str, code: str = "BadRequest") -> HttpError:
    """Build a 400."""
    return graph_error(400, code, message)


def not_found(what: str) -> HttpError:
    """Build the 404 of directory objects."""
    return graph_error(
        404,
        "Request_ResourceNotFound",
        f"Resource '{what}' does not exist or one of its queried reference-property objects are not present.",
    )


def not_simulated(what: str) -> HttpError:
    """Build the answer for what Graph has and this simulator doesn't: an error of its own, not one of the request."""
    return graph_error(501, "NotSimulated", f"The simulator doesn't simulate {what}: see docs/simulator.md.")
