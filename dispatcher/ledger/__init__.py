"""The ledger in SQL: ``case-events`` folded into tables, in SQLite or PostgreSQL.

The topic is the truth and the tables are a view of it: rows and the topic's offsets change in one database transaction, and a
rebuild from zero gives the same rows, which `digest` proves. Nothing is unsealed here: a sealed text lies in the tables as it
lies on the topic, and is unreadable in both once its key is gone.
"""
