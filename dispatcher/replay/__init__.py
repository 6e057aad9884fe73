"""Audit replay: what was recorded is decided again by the service's own functions, and compared byte for byte."""
