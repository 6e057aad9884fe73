"""Hypothesis on a shared machine: no time limits, since slowness says nothing about a rule. And the desks, for their lookups."""

import pytest
from hypothesis import HealthCheck, settings
from lookup_world import Desks

settings.register_profile("rules", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rules")


@pytest.fixture
def desks() -> Desks:
    """The two desks, of which nobody has asked anything."""
    return Desks()
