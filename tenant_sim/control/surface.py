"""The control surface `/_sim/…`, JSON in and out: seed, edit, move the clock, add faults, show everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenant_sim.clock import iso, parse_time
from tenant_sim.control import options, relations
from tenant_sim.control.facts import assumptions
from tenant_sim.control.shown import show_app, show_call, show_fault, show_job, show_library
from tenant_sim.people.seeding import seed_generated, seed_hr_file
from tenant_sim.serving.http import HttpError, Request, Response, json_response

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim


class Control:
    """Routes of the control surface; every answer is a JSON document, errors are 400 with `error`."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def answer(self, request: Request) -> Response:
        """Carry out one control request."""
        parts = [part for part in request.path.removeprefix("/_sim").split("/") if part]
        head, rest = (parts[0] if parts else "", parts[1:])
        table: dict[tuple[str, str], Callable[[list[str], Any], Any]] = {
            ("GET", ""): self._index,
            ("GET", "state"): self._state,
            ("POST", "reset"): self._reset,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._move_clock,
            ("GET", "users"): self._users,
            ("POST", "users"): self._add_users,
            ("PATCH", "users"): self._edit,
            ("DELETE", "users"): self._remove,
            ("POST", "restore"): self._restore,
            ("GET", "versions"): self._versions,
            ("GET", "groups"): lambda rest, _: relations.show_groups(self._sim, *rest),
            ("POST", "groups"): lambda _, body: relations.add_group(self._sim, body),
            ("PATCH", "groups"): lambda rest, body: relations.change_group(self._sim, rest[0], body),
            ("DELETE", "groups"): lambda rest, _: relations.change_group(self._sim, rest[0], {"deleted": True}),
            ("GET", "managers"): lambda *_: relations.show_managers(self._sim),
            ("PATCH", "managers"): lambda _, body: relations.change_managers(self._sim, body),
            ("POST", "seed"): self._seed,
            ("GET", "profiles"): self._profiles,
            ("POST", "profiles"): self._create_profile,
            ("PATCH", "profiles"): self._set_profile,
            ("GET", "history"): self._history,
            ("GET", "properties"): self._properties,
            ("POST", "properties"): self._define,
            ("GET", "jobs"): self._jobs,
            ("POST", "jobs"): self._plan_job,
            ("PATCH", "jobs"): self._job_settings,
            ("GET", "library"): self._library,
            ("POST", "library"): self._touch_library,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._no_faults,
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._reset_calls,
            ("GET", "apps"): self._apps,
            ("POST", "roles"): self._roles,
            ("PATCH", "delta"): self._delta,
            ("GET", "options"): self._options,
            ("PATCH", "options"): self._change_options,
            ("POST", "resync"): self._resync,
            ("GET", "assumptions"): self._assumptions,
            ("GET", "token"): self._token,
        }
        act = table.get((request.method, head))
        if act is None:
            return json_response({"error": f"no control {request.method} /_sim/{head}"}, 404)
        try:
            body = request.json() if request.body else {}
            return json_response(act([*rest], {**request.params, **body} if isinstance(body, dict) else body))
        except HttpError as exc:
            return exc.response
        except (KeyError, ValueError, TypeError) as exc:
            return json_response({"error": str(exc.args[0] if exc.args else exc)}, 400)

    def _index(self, _rest: list[str], _body: Any) -> Any:
        sim = self._sim
        return {
            "tenant_id": sim.tenant_id,
            "domain": sim.tenant_domain,
            "seed": sim.seed,
            "urls": sim.urls.as_dict(),
            "now": iso(sim.time()),
            "users": len(sim.directory),
            "jobs": len(sim.jobs),
        }

    def _state(self, rest: list[str], body: Any) -> Any:
        return {
            **self._index(rest, body),
            "profiles": self._profiles(rest, body),
            "jobs": self._jobs(rest, body),
            "library": self._library(rest, body),
            "faults": self._faults(rest, body),
            "calls": self._sim.calls.counts(by_status=True),
        }

    def _reset(self, _rest: list[str], body: Any) -> Any:
        self._sim.reset(body.get("seed"))
        return {"ok": True}

    # -- clock -------------------------------------------------------------------------------------------------------

    def _clock(self, _rest: list[str], _body: Any) -> Any:
        due = self._sim.schedule.next_at()
        return {"now": self._sim.clock.now().isoformat(), "next_due": iso(due) if due else None}

    def _move_clock(self, rest: list[str], body: Any) -> Any:
        if "now" in body:
            change = getattr(self._sim.clock, "set", None)
            if change is None:
                raise ValueError("this clock cannot be set")
            change(parse_time(body["now"]))
            self._sim.tick()
        else:
            self._sim.advance(float(body["advance_s"]))
        return self._clock(rest, body)

    # -- people ------------------------------------------------------------------------------------------------------

    def _users(self, rest: list[str], _body: Any) -> Any:
        return self._sim.directory.get(rest[0]) if rest else {"users": self._sim.directory.users()}

    def _add_users(self, _rest: list[str], body: Any) -> Any:
        people = body if isinstance(body, list) else body["users"] if "users" in body else [body["attributes"]]
        profile = True if isinstance(body, list) else body.get("profile", True)
        return {"ids": [self._sim.directory.add(one, profile=profile) for one in people]}

    def _edit(self, rest: list[str], body: Any) -> Any:
        self._sim.directory.patch(rest[0], body)
        return self._sim.directory.get(rest[0])

    def _remove(self, rest: list[str], body: Any) -> Any:
        self._sim.directory.remove(rest[0], hard=str(body.get("hard", "")).lower() == "true")
        return {"ok": True}

    def _restore(self, rest: list[str], _body: Any) -> Any:
        self._sim.directory.restore(rest[0])
        return {"ok": True}

    def _versions(self, _rest: list[str], _body: Any) -> Any:
        return {
            "versions": [{"time": t.isoformat(), "id": i, "record": r} for t, i, r in self._sim.directory.versions()]
        }

    def _seed(self, _rest: list[str], body: Any) -> Any:
        if "hr" in body:
            ids, edits = seed_hr_file(self._sim, body["hr"])
            return {"ids": ids, "edits": len(edits)}
        return {"added": seed_generated(self._sim, int(body.get("people", 600)))}

    # -- profiles ----------------------------------------------------------------------------------------------------

    def _profiles(self, rest: list[str], _body: Any) -> Any:
        return self._sim.profiles.get(rest[0]) if rest else self._sim.profiles.dump()

    def _create_profile(self, rest: list[str], _body: Any) -> Any:
        self._sim.profiles.create(rest[0])
        return {"ok": True}

    def _set_profile(self, rest: list[str], body: Any) -> Any:
        for name, value in body.items():
            self._sim.profiles.set(rest[0], name, value)
        return self._sim.profiles.get(rest[0])

    def _history(self, rest: list[str], _body: Any) -> Any:
        changes = self._sim.profiles.history(rest[0])
        return {
            "history": [
                {"time": c.time.isoformat(), "property": c.property, "value": c.value, "cause": c.cause}
                for c in changes
            ]
        }

    def _properties(self, _rest: list[str], _body: Any) -> Any:
        return {"properties": [vars(prop) for prop in self._sim.profiles.properties.values()]}

    def _define(self, _rest: list[str], body: Any) -> Any:
        return vars(self._sim.profiles.define(body.pop("name"), body.pop("type", "string"), **body))

    # -- import jobs and library -------------------------------------------------------------------------------------

    def _jobs(self, _rest: list[str], _body: Any) -> Any:
        return [show_job(job) for job in self._sim.jobs]

    def _plan_job(self, _rest: list[str], body: Any) -> Any:
        fate = self._sim.timer_job.plan(body.pop("nth", "next"), body.pop("outcome", None), **body)
        return {"planned": str(fate)}

    def _job_settings(self, _rest: list[str], body: Any) -> Any:
        return options.change(self._sim, "jobs", body)

    def _library(self, _rest: list[str], _body: Any) -> Any:
        return show_library(self._sim.library)

    def _touch_library(self, rest: list[str], body: Any) -> Any:
        acts = {"lock": self._sim.library.lock, "unlock": self._sim.library.unlock, "retain": self._sim.library.retain}
        if rest[0] == "empty-recycle-bin":
            self._sim.library.empty_recycle_bin()
        elif rest[0] == "label":
            self._sim.library.set_label(body.pop("path"), body.pop("name"), **body)
        elif rest[0] == "settings":
            self._sim.library.change_settings(body.pop("path"), **body)
        elif rest[0] == "swap":
            self._sim.library.swap_when_read(body["path"], str(body["content"]).encode())
        else:
            acts[rest[0]](**body)
        return {"ok": True}

    # -- faults, calls, apps -----------------------------------------------------------------------------------------

    def _faults(self, _rest: list[str], _body: Any) -> Any:
        return [show_fault(rule) for rule in self._sim.faults.rules]

    def _add_fault(self, rest: list[str], body: Any) -> Any:
        for name in ("after", "until"):
            if body.get(name):
                body[name] = parse_time(body[name])
        if isinstance(body.get("nth"), list):
            body["nth"] = tuple(body["nth"])
        self._sim.faults.add(**body)
        return self._faults(rest, body)

    def _no_faults(self, _rest: list[str], _body: Any) -> Any:
        self._sim.faults.clear()
        return {"ok": True}

    def _calls(self, rest: list[str], body: Any) -> Any:
        calls = self._sim.calls
        if rest == ["counts"]:
            return calls.counts(by_status=body.get("by_status", "") == "true")
        return [show_call(call) for call in calls]

    def _reset_calls(self, _rest: list[str], _body: Any) -> Any:
        self._sim.calls.reset()
        return {"ok": True}

    def _apps(self, _rest: list[str], _body: Any) -> Any:
        return [show_app(app) for app in self._sim.apps]

    def _roles(self, rest: list[str], body: Any) -> Any:
        app = self._sim.apps.named(body["app"])
        (app.revoke if body.get("revoke") else app.grant)(body["resource"], body["role"])
        return self._apps(rest, body)

    def _token(self, _rest: list[str], body: Any) -> Any:
        return {"token": self._sim.token(body["app"], body["resource"])}

    def _delta(self, _rest: list[str], body: Any) -> Any:
        return options.change(self._sim, "delta", body)

    def _options(self, _rest: list[str], _body: Any) -> Any:
        return options.show(self._sim)

    def _change_options(self, rest: list[str], body: Any) -> Any:
        return options.change(self._sim, rest[0] if rest else "", body)

    def _resync(self, _rest: list[str], _body: Any) -> Any:
        self._sim.delta.resync()
        return {"ok": True}

    def _assumptions(self, _rest: list[str], _body: Any) -> Any:
        return [vars(fact) for fact in assumptions()]
