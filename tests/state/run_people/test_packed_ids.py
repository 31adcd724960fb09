"""Object ids as 16 bytes each."""

from __future__ import annotations

import pytest

from upa_core.state.run_people.packed_ids import pack_ids, unpack_ids

ID = "0123abcd-4567-89ef-0123-456789abcdef"


def test_object_ids_come_back_in_their_order() -> None:
    """Sixteen bytes for each."""
    people = [ID, "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000"]
    packed = pack_ids(people)

    assert len(packed) == 48
    assert unpack_ids(packed) == people


@pytest.mark.parametrize(
    "other",
    [
        ID.upper(),
        ID[:-1],
        ID + "0",
        ID.replace("-", ""),
        "0123abcd4-567-89ef-0123-456789abcdef",
        "0123abcd-4567-89ef-0123-456789abcde-",
        "0123abcg-4567-89ef-0123-456789abcdef",
        "0123abc -4567-89ef-0123-456789abcdef",
        "  23abcd-4567-89ef-0123-456789abcdef",
        "\u0660123abc-4567-89ef-0123-456789abcdef",
        "\u0130123abc-4567-89ef-0123-456789abcde",
        "",
    ],
)
def test_any_other_text_is_never_packed(other: str) -> None:
    """It would come back as another text; its whole set stays as it is."""
    assert pack_ids([ID, other]) == b""
    assert pack_ids([other]) == b""


def test_texts_whose_lengths_make_up_for_each_other_are_not_packed() -> None:
    """One digit too few and one too many."""
    assert pack_ids([ID[:-1], "f" + ID]) == b""


def test_nobody_is_nothing() -> None:
    """And comes back as nobody."""
    assert pack_ids([]) == b""
    assert unpack_ids(b"") == []


def test_a_cut_id_is_an_error() -> None:
    """It isn't filled up."""
    with pytest.raises(ValueError, match="cut"):
        unpack_ids(pack_ids([ID])[:-1])
