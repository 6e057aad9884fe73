"""What an adapter is: facts in, findings out, and two ways to fail."""

from dataclasses import dataclass
from typing import Protocol

from dispatcher.domain.lookups.messages import LookupAsked, RawHit


class ChannelDown(Exception):
    """The database cannot be reached now: refused, hung, 5xx. Asking again may help. The text is for the screen, in Chinese,
    and holds no value of a question and no address."""


class ChannelLied(Exception):
    """The database answered what cannot be understood: no JSON, a column missing, too much. Asking again does not help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a database found. hits: at most `MOST_HITS`, the likeliest first; more: how many beyond them, as far as counted."""

    hits: tuple[RawHit, ...] = ()
    more: int = 0


class Adapter(Protocol):
    """One database. Whatever the facts are, `ask` raises nothing but `ChannelDown` and `ChannelLied`; it may be cancelled."""

    async def ask(self, question: LookupAsked) -> Reply:
        """Turn the facts into a question of this database's own, and its answer into findings."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads. Safe to call twice."""
        ...
