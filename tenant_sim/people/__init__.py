"""The people of the tenant: generated, or from a feed."""
