"""Our documents over the store."""
