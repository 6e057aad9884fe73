"""The closed lists of words of the two desks."""

from enum import StrEnum


class Desk(StrEnum):
    """The two desks of the hall (S0)."""

    LOST_ITEM = "lost_item"  # 遗失物品专席
    MISSING_PERSON = "missing_person"  # 人员走失专席


class Side(StrEnum):
    """Whether somebody misses, or somebody has found."""

    LOST = "lost"
    FOUND = "found"

    @property
    def other(self) -> "Side":
        """Where its counterparts are."""
        return Side.FOUND if self is Side.LOST else Side.LOST


class LookupStatus(StrEnum):
    """Where a lookup stands (domain section 4)."""

    SEARCHING = "searching"  # 查找中
    CANDIDATE = "candidate"  # 有线索, a person must look at it
    CONFIRMED = "confirmed"  # 已确认, by the family, the owner's proof or an officer
    HANDED_OVER = "handed_over"  # 已交接
    NOT_FOUND = "not_found"  # 未找到
    CANCELLED = "cancelled"  # 已取消


#: Channels are asked and candidates taken.
OPEN: frozenset[LookupStatus] = frozenset((LookupStatus.SEARCHING, LookupStatus.CANDIDATE))
#: Nothing more is due. An officer may still take it up again.
OVER: frozenset[LookupStatus] = frozenset((LookupStatus.HANDED_OVER, LookupStatus.NOT_FOUND, LookupStatus.CANCELLED))


class RequestStatus(StrEnum):
    """Where one question to one database stands."""

    DEFERRED = "deferred"  # the channel's hours have not begun
    WAITING = "waiting"
    ANSWERED = "answered"
    UNAVAILABLE = "unavailable"  # it was down, hung, or lied; a late answer still counts
    SILENT = "silent"  # nothing came in time, not even that it is down; a late answer still counts
    SUPERSEDED = "superseded"  # put anew, with what is known since; an answer still counts


class AnswerStatus(StrEnum):
    """What a database said."""

    FOUND = "found"
    NOTHING = "nothing"
    UNAVAILABLE = "unavailable"  # no answer of the database's own: down, hung, refused, or not understood


class CandidateStatus(StrEnum):
    """What people think of a candidate."""

    OPEN = "open"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"


class Action(StrEnum):
    """What a person may do about a lookup."""

    ANSWER = "answer"  # what a person found in a channel that is people, such as video
    FACTS = "facts"  # the caller's answers to the questions, "not known" among them
    SIGHTING = "sighting"  # somebody saw the missing person
    REJECT = "reject"  # this candidate is not it
    CONFIRM = "confirm"
    HANDOVER = "handover"  # 交接, with a receipt
    NOT_FOUND = "not_found"
    CANCEL = "cancel"
    RESUME = "resume"  # search again


class ConfirmedBy(StrEnum):
    """Who says that it is so. A missing person's end is confirmed by the family or an officer who was there."""

    OWNER = "owner"  # by private marks
    FAMILY = "family"
    OFFICER = "officer"


class Notice(StrEnum):
    """What one lookup tells its counterpart's."""

    CONFIRMED = "confirmed"
    AGREED = "agreed"  # it is given to nobody else: it may be handed over
    REFUSED = "refused"  # it has been given to another
    HANDED_OVER = "handed_over"
    PARTED = "parted"  # the confirmation was taken back


class Mode(StrEnum):
    """How a missing person may be moving."""

    WALK = "walk"
    BICYCLE = "bicycle"
    BUS = "bus"
    METRO = "metro"
    CAR = "car"
    TRAIN = "train"
