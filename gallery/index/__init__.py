"""The search that needs no network: repositories seen, by words, on SQLite and on PostgreSQL behind one face."""
