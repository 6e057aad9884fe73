"""Measurements of the whole service on this machine, each beside a rival in the same run."""
