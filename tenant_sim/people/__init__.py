"""Where the people of the tenant come from: generated or a feed."""
