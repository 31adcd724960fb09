"""HTTP calls: one service with its tokens, limits and retries."""
