"""Users as rows of rendered values: nothing is lost, and what is shown is what a plain projection shows."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tenant_sim.graph.rows import Rows
from tenant_sim.graph.schema import EXTENSION_ATTRIBUTES

BLOCK = "onPremisesExtensionAttributes"
TEXT = st.none() | st.text(max_size=20)
ORG = st.dictionaries(st.sampled_from(["division", "costCenter"]), TEXT, min_size=1)
NAMES = ["displayName", "department", "businessPhones", "accountEnabled", "employeeOrgData", BLOCK, "ext%_odd"]
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "displayName": TEXT,
        "department": TEXT,
        "businessPhones": st.none() | st.lists(st.text(max_size=5), max_size=2),
        "accountEnabled": st.none() | st.booleans(),
        "employeeOrgData": st.none() | ORG,
        "ext%_odd": TEXT,
        BLOCK: st.none() | st.dictionaries(st.sampled_from(EXTENSION_ATTRIBUTES), TEXT, min_size=1),
    },
)
SELECTS = st.lists(st.sampled_from([*NAMES, "nobodyKnows"]), unique=True).map(tuple)


def projected(record: dict[str, Any], names: tuple[str, ...], cleared: frozenset[str]) -> dict[str, Any]:
    """Show a record in the plainest way."""
    shown: dict[str, Any] = {}
    for name in names:
        if name in record and record[name] is None and name in cleared:
            shown[name] = None
        elif record.get(name) is not None:
            shown[name] = record[name]
            if name == BLOCK:
                shown[name] = {**dict.fromkeys(EXTENSION_ATTRIBUTES), **record[name]}
    return {**shown, "id": "me"}


@given(st.lists(RECORDS, max_size=4), SELECTS, st.frozensets(st.sampled_from(NAMES)))
def test_rows_keep_records_and_show_them_like_a_projection(records, names, cleared):
    """Any record comes back as it was packed, and any $select of it is the JSON that a dictionary would give."""
    rows = Rows()
    packed = [rows.pack(record) for record in records]

    assert [rows.unpack(row) for row in packed] == records
    shown = [orjson.loads(rows.view(names, cleared).show(row, "me")) for row in packed]
    assert shown == [projected(record, names, cleared) for record in records]


def test_names_are_kept_once_for_all_who_have_them():
    """Users with the same attributes share a layout, so that a row holds values only."""
    rows = Rows()
    ann, eve = rows.pack({"displayName": "ann"}), rows.pack({"displayName": "eve"})

    assert (ann, eve) == (b'0\n"ann"', b'0\n"eve"')
    assert rows.pack({"displayName": None}) != b"0\nnull"  # cleared is another layout than a value
