"""The store: blob storage or a local folder."""
