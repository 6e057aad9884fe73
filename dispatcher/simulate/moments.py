"""Times as stories write them: a date and time of the city, or so long after the step before."""

import re
from datetime import UTC, datetime, timedelta

from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.errors import CatalogError

_AFTER = re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def moment(written: str, before: datetime | None) -> datetime:
    """`written` as a time in UTC: ``2026-11-24 10:00`` (city time), or ``+1d2h30m`` after `before`."""
    if written.startswith("+") and before is not None:
        found = _AFTER.fullmatch(written)
        if found is None or found.end() == 1:
            raise CatalogError(f"{written} is no time", hint="Write +1d2h30m, or 2026-11-24 10:00")
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return before + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        given = datetime.fromisoformat(written)
    except ValueError:
        raise CatalogError(f"{written} is no time", hint="Write +1d2h30m, or 2026-11-24 10:00") from None
    return (given if given.tzinfo else given.replace(tzinfo=CITY_TIME)).astimezone(UTC)
