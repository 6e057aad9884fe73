"""Periodic reports (研判) over the ledger in SQL: units, places, hours, the two desks and the model.

All numbers are read from the ledger's tables in one snapshot, as lean rows; what is counted and how is said in one table of
definitions, printed under each report. No text of a call is read, confidential or not.
"""
