"""What the port `Store` promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import pytest

from upa_core.domain.errors import ConflictError
from upa_core.ports.store import Store

NOT_KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/..",
    "a/../b",
    ".",
    "a/./b",
    "a\\b",
    "a b",
    "ä",
    "a\n",
    "~a",
    "a%2f",
    "a" * 2000,
]


class StoreContract:
    """Subclass it with a fixture `store` that is empty."""

    def test_what_was_put_is_got(self, store: Store) -> None:
        """A blob comes back byte for byte, with the etag that its writing returned."""
        data = bytes(range(256)) * 3
        etag = store.put("a/b/c.json", data)
        blob = store.get("a/b/c.json")

        assert blob is not None
        assert (data, etag) == (blob.data, blob.etag)

    def test_nothing_is_none(self, store: Store) -> None:
        """A key without a blob reads as None, also where it is another key's folder."""
        store.put("a/b", b"x")

        assert [store.get("b"), store.get("a"), store.get("a/b/c")] == [None] * 3
        assert [store.read_range("b", 0, 1), store.read_range("b", 0, 0)] == [None] * 2

    def test_empty_blob_is_a_blob(self, store: Store) -> None:
        """An empty blob is there, and has no bytes in any range."""
        store.put("empty", b"")
        blob = store.get("empty")

        assert blob is not None
        assert (blob.data, store.read_range("empty", 0, 5), store.read_range("empty", 3, 5)) == (b"", b"", b"")

    def test_put_replaces_the_whole_blob(self, store: Store) -> None:
        """A shorter blob leaves nothing of the longer one."""
        store.put("k", b"long content")
        store.put("k", b"s")

        assert store.get("k").data == b"s"

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [(0, 4, b"0123"), (3, 4, b"3456"), (8, 10, b"89"), (10, 1, b""), (99, 5, b""), (2, 0, b"")],
    )
    def test_ranges(self, store: Store, start: int, length: int, expected: bytes) -> None:
        """A range stops at the end of the blob, and is empty past it."""
        store.put("k", b"0123456789")

        assert expected == store.read_range("k", start, length)

    def test_if_absent_writes_once(self, store: Store) -> None:
        """The second writer who wants the key to be new gets a conflict and changes nothing."""
        store.put("k", b"first", if_absent=True)
        with pytest.raises(ConflictError):
            store.put("k", b"second", if_absent=True)

        assert store.get("k").data == b"first"

    def test_if_absent_after_delete(self, store: Store) -> None:
        """A deleted key is new again."""
        store.put("k", b"first")
        store.delete("k")
        store.put("k", b"second", if_absent=True)

        assert store.get("k").data == b"second"

    def test_if_match_replaces_that_version(self, store: Store) -> None:
        """A conditional write over the version that was read succeeds, again and again."""
        etag = store.put("k", b"0")
        for number in range(1, 5):
            etag = store.put("k", b"%d" % number, if_match=etag)

        assert store.get("k").data == b"4"

    def test_if_match_refuses_another_version(self, store: Store) -> None:
        """A conditional write over an older version conflicts and changes nothing."""
        old = store.put("k", b"1")
        store.put("k", b"2")
        with pytest.raises(ConflictError):
            store.put("k", b"3", if_match=old)

        assert store.get("k").data == b"2"

    def test_same_content_is_another_version(self, store: Store) -> None:
        """A → B → A is noticed: the etag changes with every write, not with the content."""
        etags = [store.put("k", content) for content in (b"A", b"B", b"A", b"A")]
        with pytest.raises(ConflictError):
            store.put("k", b"C", if_match=etags[0])

        assert len(set(etags)) == 4

    def test_if_match_without_a_blob(self, store: Store) -> None:
        """A conditional write over a blob that is gone conflicts and writes nothing."""
        etag = store.put("k", b"1")
        store.delete("k")
        with pytest.raises(ConflictError):
            store.put("k", b"2", if_match=etag)

        assert store.get("k") is None

    def test_recreated_blob_is_another_version(self, store: Store) -> None:
        """The etag of a deleted blob doesn't fit the blob that took its place."""
        etag = store.put("k", b"1")
        store.delete("k")
        store.put("k", b"1")
        with pytest.raises(ConflictError):
            store.put("k", b"2", if_match=etag)

        assert store.get("k").data == b"1"

    def test_delete(self, store: Store) -> None:
        """A deleted blob is gone, its neighbours stay, and deleting it again is no error."""
        store.put("a/1", b"x")
        store.put("a/2", b"x")
        store.delete("a/1")
        store.delete("a/1")
        store.delete("never/was")

        assert [info.key for info in store.list("")] == ["a/2"]

    def test_list_is_ordered_by_key(self, store: Store) -> None:
        """A listing is in the order of whole keys, folders or not."""
        keys = ["a-b/1", "a.b/1", "a/1", "a/10", "a/2", "a/b/c", "a0/1", "B/1", "_/1", "a/b-c"]
        for key in keys:
            store.put(key, b"x")

        assert sorted(keys) == [info.key for info in store.list("")]

    def test_list_takes_any_prefix(self, store: Store) -> None:
        """A prefix is the beginning of a key, also in the middle of a name."""
        for key in ("run/1/a", "run/1/b", "run/10/a", "run/2/a", "rum"):
            store.put(key, b"x")
        listed = [[info.key for info in store.list(prefix)] for prefix in ("run/1/", "run/1", "ru", "run/1/a", "x/")]

        assert listed == [
            ["run/1/a", "run/1/b"],
            ["run/1/a", "run/1/b", "run/10/a"],
            ["rum", "run/1/a", "run/1/b", "run/10/a", "run/2/a"],
            ["run/1/a"],
            [],
        ]

    def test_list_tells_size_and_time(self, store: Store) -> None:
        """A listing tells a blob's size and, aware and in UTC, when it was written."""
        store.put("k", b"12345")
        (info,) = store.list("k")

        assert (5, UTC.utcoffset(None)) == (info.size, info.modified.utcoffset())

    @pytest.mark.parametrize("key", NOT_KEYS)
    def test_other_keys_are_refused(self, store: Store, key: str) -> None:
        """A key of another form is a ValueError in every method, so that none leaves the container."""
        for call in (store.get, store.delete, lambda k: store.put(k, b"x"), lambda k: store.read_range(k, 0, 1)):
            with pytest.raises(ValueError, match="not a storage key"):
                call(key)

    @pytest.mark.parametrize("prefix", ["../", "/", "a/../", "a b", "ä", "a//"])
    def test_other_prefixes_are_refused(self, store: Store, prefix: str) -> None:
        """A prefix that no key can have is a ValueError."""
        with pytest.raises(ValueError, match="not a storage prefix"):
            list(store.list(prefix))

    def test_one_of_many_writers_creates(self, store: Store) -> None:
        """Of many writers that want a key to be new, exactly one wins."""

        def create(number: int) -> bool:
            try:
                store.put("k", b"%d" % number, if_absent=True)
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(create, range(16)))

        assert won.count(True) == 1
        assert b"%d" % won.index(True) == store.get("k").data

    def test_no_increment_is_lost(self, store: Store) -> None:
        """Writers that read, add one and write with If-Match, again after a conflict, lose no addition."""
        store.put("k", b"0")

        def add(_: int) -> None:
            while True:
                blob = store.get("k")
                assert blob is not None
                try:
                    store.put("k", b"%d" % (int(blob.data) + 1), if_match=blob.etag)
                except ConflictError:
                    continue
                return

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(20)))

        assert store.get("k").data == b"20"
