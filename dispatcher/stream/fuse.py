"""The fuse of a lane: too many dead letters among the latest records stop the intake instead of draining the topic."""

from collections import deque

from dispatcher.domain.policy import IntakePolicy


class Fuse:
    """Remembers whether each of the last ``fuse_window_records`` records was bad.

    It judges only a full window: the share of a handful of records says nothing.
    """

    def __init__(self, policy: IntakePolicy) -> None:
        self._window: deque[bool] = deque(maxlen=policy.fuse_window_records)
        self._limit = policy.fuse_max_share * policy.fuse_window_records

    def saw(self, *, bad: bool) -> bool:
        """Note one record; true when the fuse blows by it."""
        self._window.append(bad)
        return bad and len(self._window) == self._window.maxlen and sum(self._window) > self._limit

    def reset(self) -> None:
        """Start anew, after a person has resumed the intake."""
        self._window.clear()
