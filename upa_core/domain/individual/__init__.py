"""The rules of single profile writes: values by type, batches, answers, limits; pure."""
