"""The topics' names, as the code needs them. Everything else about them is in topics.yaml."""

CALLS = "calls"
CALLER_STATE = "caller-state"
CASE_INBOX = "case-inbox"
CASE_STATE = "case-state"
CASE_EVENTS = "case-events"
CASE_KEYS = "case-keys"
WORK_ORDERS = "work-orders"
ORDER_NOTICES = "order-notices"
LOOKUPS = "lookups"
DESK_REQUESTS = "desk-requests"
DESK_REPLIES = "desk-replies"
DEAD_LETTERS = "dead-letters"
LEDGER_CHECKPOINTS = "ledger-checkpoints"
INTAKE_CONTROL = "intake-control"


def agency(code: str) -> str:
    """The topic of one unit."""
    return f"agency.{code}"
