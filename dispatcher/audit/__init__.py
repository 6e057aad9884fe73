"""Tamper evidence: the ledger's hash chains and signed checkpoints, verified."""
