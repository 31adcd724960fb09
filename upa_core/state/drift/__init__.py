"""What is stored of reading profiles back, and the shadow by partition, over the store."""
