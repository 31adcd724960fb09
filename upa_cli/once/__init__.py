"""One file, once: read, matched to people, shown, sent as an ad hoc run, and its log explained."""
