"""What is written to single profiles: values by type, batches, answers, limits; pure."""
