"""Databases to ask."""

from __future__ import annotations

from tests.support.databases import database, postgres, sql_server

__all__ = ["database", "postgres", "sql_server"]
