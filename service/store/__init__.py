"""Tables, repositories and migrations: SQLite and PostgreSQL through one code path."""
