"""Entra login: token endpoint, discovery, managed identity, and the apps that may use them."""
