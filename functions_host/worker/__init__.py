"""Azure's own Python worker library, driven in this process."""
