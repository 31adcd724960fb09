"""Our documents over the byte-level store: load, conditional write, people shards, segments, plans, reports."""
