"""What units and people are going to do, in the order of time."""

import heapq
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.inbox import AgencyReplied, OperatorDecided
from dispatcher.domain.lookups.messages import LookupActed
from dispatcher.domain.messages import Message
from dispatcher.domain.policy import Policy
from dispatcher.domain.units import City
from dispatcher.simulate.world import World


class Agenda:
    """Acts to come. Those of one moment are done in the order in which they were set down."""

    def __init__(self, world: World, city: City, policy: Policy, random: Random, begins: datetime) -> None:
        self.city, self.policy, self.random = city, policy, random
        self.now = begins
        self._world = world
        self._said = 0
        self._set_down = 0
        self._acts: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []

    def later(self, at: datetime, act: Callable[..., None], *arguments: Any) -> None:
        """Let `act` be done with these arguments at that moment."""
        self._set_down += 1
        heapq.heappush(self._acts, (at, self._set_down, act, arguments))

    def next_moment(self) -> datetime | None:
        """When the next act is due."""
        return self._acts[0][0] if self._acts else None

    def act(self) -> None:
        """Do the next act."""
        self.now, _, act, arguments = heapq.heappop(self._acts)
        act(*arguments)

    def case(self, case_id: str) -> CaseRecord | None:
        """The case as it stands now."""
        return self._world.cases.get(case_id)

    def tell(self, message: Message) -> None:
        """Send a message that has an id of its own to its case now."""
        self._world.say(message, at=self.now)

    def say(self, message: type[AgencyReplied | OperatorDecided | LookupActed], **fields: Any) -> None:
        """Send a message to the case now, under an id of its own."""
        self._said += 1
        self._world.say(message(message_id=f"m-{self._said}", **fields), at=self.now)
