"""Learning from corrections: labels from the ledger, the watch for drift, the gate for a new model, and its promotion.

Everything here reads the topics without a group and decides nothing about a call. What becomes of a promotion is the triage agent's.
"""
