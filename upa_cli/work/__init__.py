"""What commands do beyond the use cases of the core."""
