"""Alembic's scripts; `service.store.migration` runs them."""
