"""Lines of lost and found reports, read into profiles."""

from datetime import datetime

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from dispatcher.desks.profile import Profile, profile
from dispatcher.domain.jsonl import clean, in_city_time, read_line

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
    at = in_city_time(report.at, "time", hint=_HINT)
    return profile(clean(str(report.id)), clean(report.text), at=at, found=found)
