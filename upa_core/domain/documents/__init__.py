"""The stored forms of our documents, and the names of their blobs."""
