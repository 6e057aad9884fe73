"""Why a message about a case changes nothing. The code stands in ``message.rejected.v1``; codes are stable.

D601  no such case                        D607  not for this role
D602  not while the case stands so        D608  something is missing
D603  not this unit's order               D609  no such unit, category, platform or rung
D604  said before                         D610  allowed no more often
D605  about something that is over        D611  another person has the call in hand
D606  before its time                     D612  makes no sense here
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    NO_CASE = "D601"
    STATUS = "D602"
    NOT_YOURS = "D603"
    DUPLICATE = "D604"
    STALE = "D605"
    EARLY = "D606"
    ROLE = "D607"
    MISSING = "D608"
    UNKNOWN = "D609"
    USED_UP = "D610"
    CLAIMED = "D611"
    SENSELESS = "D612"


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Raised inside a handler and turned into a ``rejected`` event there; `reason` is a Chinese sentence."""

    code: Code
    reason: str
