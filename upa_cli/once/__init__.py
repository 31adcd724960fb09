"""One file, once: read, matched with people, shown, sent as an ad hoc run; then its log is explained."""
