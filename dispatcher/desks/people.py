"""Matching of missing against found people, both ways, without Kafka: what a report says, and who looks like whom."""

from dispatcher.desks.likely import Match
from dispatcher.desks.people_likeness import shown
from dispatcher.desks.people_pool import PeoplePool
from dispatcher.desks.people_profile import PersonProfile, person_profile

__all__ = ["Match", "PeoplePool", "PersonProfile", "person_profile", "shown"]
