"""A ready connector file for this project's client, with the addresses of this tenant.

Text only: the simulator doesn't know the client's code, only the published form of its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenant_sim.loopback import Served

_TEXT = """\
version: 1
credentials:
  graph: managed_identity
  sharepoint:
    certificate:
      client_id: {client_id}
      path: {certificate}
connectors:
  - name: people
    source:
      tenant: {tenant_id}
      endpoints:
        graph: {graph}
        authority: {login}
    target:
      admin_url: {admin}
      site_url: {site}
      folder: Imports
    mappings:
      - {{target: CostCenter, source: employeeOrgData.costCenter, on_empty: clear}}
      - {{target: Division, source: employeeOrgData.division}}
      - {{target: EmployeeType, source: employeeType}}
      - {{target: Badge, source: extensionAttribute1, on_empty: clear}}
      - {{target: HireDate, source: employeeHireDate, type: date}}
"""


def connector_text(served: Served) -> str:
    """Write the file."""
    return _TEXT.format(
        client_id=served.client_id,
        certificate=served.certificate_file,
        tenant_id=served.tenant_id,
        graph=served.urls.graph,
        login=served.urls.login,
        admin=served.urls.admin,
        site=f"{served.urls.sharepoint}/sites/upa",
    )
