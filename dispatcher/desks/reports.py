"""Lines of lost and found reports, read into profiles."""

from datetime import datetime

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from dispatcher.desks.profile import Profile, profile
from dispatcher.domain.calls import CITY_TIME
from dispatcher.domain.errors import BadRecord
from dispatcher.domain.jsonl import clean, read_line

_HINT = 'Write {"id", "reported_at" or "found_at", "text"}'


class Report(BaseModel):
    """One line. `at`: when the loss was reported, or when the thing was found; without an offset it is the city's time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | int
    text: str
    at: datetime = Field(validation_alias=AliasChoices("reported_at", "found_at"))


def read_report(raw: bytes, *, found: bool) -> Profile:
    """The profile of the report in a line; raises `BadRecord` saying what is wrong."""
    report = read_line(raw, Report, hint=_HINT)
    if not 1970 <= report.at.year <= 9000:
        raise BadRecord("time: no year of ours", code="D304", hint=_HINT)
    at = report.at if report.at.tzinfo else report.at.replace(tzinfo=CITY_TIME)
    return profile(clean(str(report.id)), clean(report.text), at=at, found=found)
