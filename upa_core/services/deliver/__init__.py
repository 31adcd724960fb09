"""Deliver a frozen plan: archive, settle, finish, clean; a folder for each route."""
