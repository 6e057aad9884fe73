"""How long to wait before a worker that ended is started again."""

from dataclasses import dataclass

#: A worker that lived this long was healthy: its next end counts as the first again.
HEALTHY_SECONDS = 30.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0


@dataclass(slots=True)
class Backoff:
    """At once after the first end in a row, then 0.5, 1, 2, 4, 8, 10, 10, ... seconds."""

    in_a_row: int = 0

    def after(self, lived_seconds: float) -> float:
        """Seconds to wait, after a process that lived `lived_seconds` has ended."""
        self.in_a_row = 1 if lived_seconds >= HEALTHY_SECONDS else self.in_a_row + 1
        if self.in_a_row == 1:
            return 0.0
        doublings = min(self.in_a_row - 2, 10)  # bounded, so that a very long row does not overflow
        return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0**doublings)
