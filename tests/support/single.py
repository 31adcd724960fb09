"""A world whose values travel on the individual route, all of them or some; the probe has passed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tests.support.mortal import Fate, Mortal
from tests.support.world import MAPPINGS, World
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.single_profiles import SharePointProfiles
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.individual.proof import Proof, Proofs, PropertyProof
from upa_core.ports.bundle import Route
from upa_core.services.admin.requests import request_run
from upa_core.services.deliver.routes import routes_with
from upa_core.state.individual import proofs_of

APP = "0a1b"
EVERY = tuple(mapping.target for mapping in MAPPINGS)


class SingleWorld(World):
    """A world with individual mappings."""

    def __init__(
        self, people: int = 0, *, targets: Collection[str] = EVERY, proven: bool = True, **options: Any
    ) -> None:
        mappings = tuple(replace(one, route=INDIVIDUAL) if one.target in targets else one for one in MAPPINGS)
        super().__init__(people, **{"mappings": mappings, **options})
        if proven:
            self.prove()

    def prove(self) -> None:
        """Store what a probe would find where an app may write everything."""
        found = {one.target: PropertyProof(one.type, "works", clear="empty") for one in self.connector.mappings}
        proof = Proof(self.now, "mdy", found)
        proofs_of(self.store, self.connector).update(lambda _: Proofs().plus(APP, proof))

    def prove_again(self) -> None:
        """As a second probe: everybody is planned anew."""
        self.prove()
        request_run(self.ports(), self.connector, full=True)

    def profiles(self) -> SharePointProfiles:
        """Return single profiles on the tenant."""
        service = Service(self.sim.urls.admin, self.tokens, self.time, session=self.session, attempts=1)
        return SharePointProfiles(service, lambda: APP)

    def routes(self, fate: Fate | None) -> Mapping[str, Route]:
        """Return all routes."""
        profiles: Any = self.profiles()
        return routes_with(Mortal(profiles, "profiles", fate) if fate is not None else profiles)

    def writes(self) -> int:
        """Count values that were set."""
        everybody = self.sim.profiles.dump()
        return sum(one.cause == "api" for person in everybody for one in self.sim.profiles.history(person))
