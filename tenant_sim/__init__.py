"""A Microsoft 365 tenant on loopback: login, Graph, SharePoint and the UPA timer job, for tests and demos.

    with TenantSim() as tenant:
        ...  # tenant.urls.graph, tenant.served.ca_file, tenant.directory.add({…})

Knows nothing of its clients. Behaviour is cited, guesses are listed: `tenant_sim.assumptions()`.
"""

from .clock import ManualClock, MovableClock, ScaledClock, parse_clock
from .facts import assumptions, facts
from .faults import Fault
from .http import Request, Response
from .sim import TenantSim

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
