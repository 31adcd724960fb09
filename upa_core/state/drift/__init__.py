"""The stored results of reading profiles back, and the shadow by partition, over the store."""
