"""A Microsoft 365 tenant on loopback: login, Graph, SharePoint and the UPA timer job, for tests and demos.

    with TenantSim() as tenant:
        ...  # tenant.urls.graph, tenant.served.ca_file, tenant.directory.add({…})

Knows nothing of its clients. Behaviour is cited, guesses are listed: `tenant_sim.assumptions()`.
"""

from tenant_sim.clock import ManualClock, MovableClock, ScaledClock, parse_clock
from tenant_sim.control.facts import assumptions, facts
from tenant_sim.control.faults import Fault
from tenant_sim.serving.http import Request, Response
from tenant_sim.sim import TenantSim

__all__ = [
    "Fault",
    "ManualClock",
    "MovableClock",
    "Request",
    "Response",
    "ScaledClock",
    "TenantSim",
    "assumptions",
    "facts",
    "parse_clock",
]
