"""5. Peers: the official SDK on the same pages, run; PnP's cmdlet, computed.

(a) msgraph-sdk's delta loop with json.dumps for each user, which is what a user of the official SDK writes; in a
process of its own, over the same transport of pages. (b) PnP's Sync-PnPSharePointUserProfilesFromAzureActiveDirectory
sends every mapped value of every changed user and polls each 30 s.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import orjson

from bench.measure import peak
from bench.pages import GRAPH, PAGE, pages
from bench.pipeline import TEN, connector

POLL_S, JOB_S = 30, 150 * 60
WEEK = 7


def sdk(count: int) -> dict[str, Any]:
    """Follow the delta with msgraph-sdk; the first page (its lazy models) isn't counted."""
    import httpx
    from azure.core.credentials import AccessToken
    from kiota_authentication_azure import azure_identity_authentication_provider as kiota
    from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient

    source, spent = pages(count), 0.0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal spent
        begin = time.process_time()
        skip = dict(request.url.params).get("$skiptoken", "0").partition(".")[0]
        body = source.body(int(skip))
        spent += time.process_time() - begin
        return httpx.Response(200, content=body, headers={"Content-Type": "application/json"})

    class Credential:
        def get_token(self, *_: object, **__: object) -> AccessToken:
            return AccessToken("t", int(time.time()) + 3600)

    async def loop() -> tuple[int, float]:
        client = GraphServiceClient(
            request_adapter=GraphRequestAdapter(
                kiota.AzureIdentityAuthenticationProvider(Credential()),
                client=httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=f"{GRAPH}/v1.0"),
            )
        )
        parameters = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(select=list(connector().select))
        configuration = DeltaRequestBuilder.DeltaRequestBuilderGetRequestConfiguration(query_parameters=parameters)
        page = await client.users.delta.get(request_configuration=configuration)
        users, begin = 0, time.process_time()
        while page is not None and page.odata_next_link:
            page = await client.users.delta.with_url(page.odata_next_link).get()
            for user in (page.value or []) if page is not None else []:
                extra = user.on_premises_extension_attributes
                json.dumps(
                    {
                        "IdName": user.id,
                        "UpaDepartment": user.department,
                        "UpaTitle": user.job_title,
                        "UpaCompany": user.company_name,
                        "UpaCity": user.city,
                        "UpaNumber": user.employee_id,
                        "UpaType": user.employee_type,
                        "UpaOffice": user.office_location,
                        "UpaHired": str(user.employee_hire_date or ""),
                        "UpaCostCenter": extra.extension_attribute1 if extra else None,
                        "UpaBadge": extra.extension_attribute2 if extra else None,
                    }
                )
                users += 1
        return users, time.process_time() - begin

    users, cpu_s = asyncio.run(loop())
    return {"users": users, "us_per_user": round((cpu_s - spent) / users * 1e6, 1), "peak_mib": round(peak(), 1)}


def week(people: int = 100_000) -> dict[str, Any]:
    """Compute a week: 1 % of the people change a day, a tenth of them in a mapped property; a run every 15 minutes."""
    changed, mapped = people // 100, people // 1000
    sample = [pages(people).record(n) for n in range(0, PAGE * 5, 5)]
    every = sum(
        len(orjson.dumps([r.get("id"), *(_value(r, m.inputs[0]) for m in TEN)])) + 16 * len(TEN) for r in sample
    )
    one = sum(len(orjson.dumps({"IdName": r["id"], "UpaDepartment": r.get("department")})) for r in sample)
    rounds_a_day = 96
    # A run for each round in which somebody changed; one import job at a time, 2.5 h each: changes gather meanwhile.
    jobs = min(rounds_a_day, 24 * 3600 // JOB_S) * WEEK
    theirs = {"bytes": every // len(sample) * changed * WEEK, "import_jobs": WEEK, "polls": WEEK * JOB_S // POLL_S}
    ours = {"bytes": one // len(sample) * mapped * WEEK, "import_jobs": WEEK, "polls": WEEK * 20}
    often = {"import_jobs": jobs, "polls_theirs": jobs * JOB_S // POLL_S, "polls_ours": jobs * 20}
    return {
        "people": people,
        "once a day": {"pnp": theirs, "ours": ours},
        "back to back": often,
        "bytes_ratio": round(theirs["bytes"] / ours["bytes"], 1),
        "polls_ratio": round(theirs["polls"] / ours["polls"], 1),
    }


def _value(record: dict[str, Any], path: str) -> Any:
    name, _, child = path.partition(".")
    value = record.get(name)
    return value.get(child) if child and value else value


def run(count: int = 2_000) -> dict[str, Any]:
    """Run the SDK in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "bench.peers", str(count)], capture_output=True, text=True, check=True)
    return {"sdk": json.loads(done.stdout.splitlines()[-1]), "week": week()}


if __name__ == "__main__":
    print(json.dumps(sdk(int(sys.argv[1]))))
