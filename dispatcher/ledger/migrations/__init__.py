"""How the tables came to be, one step a version; Alembic runs them when the ledger is opened."""
