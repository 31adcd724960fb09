"""The HTTP front: routes and keys."""
