"""Hypothesis on a shared machine: no time limits, since slowness says nothing about a rule."""

from hypothesis import HealthCheck, settings

settings.register_profile("rules", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rules")
