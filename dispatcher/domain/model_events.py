"""That another model decides from here on: one message, lying in every partition of ``calls``.

It stands among the calls, so that the log itself says which call was decided by which model, and a replay finds the same place.
"""

from datetime import datetime

from dispatcher.domain.messages import Complete

#: Key of the record; it is no caller's pseudonym (32 hexadecimal digits) and no call's id.
KEY = "model"


class ModelPromoted(Complete):
    """``model.promoted.v1``: from this record on its partition's calls are decided by `model`.

    `model` and `previous` are digests as a decision names its model: sha256 over the model's files and the library's deciding tables.
    `promotion` is one for the records of all partitions. `report`: sha256 of the gate's report, None where nobody asked the gate
    (`forced`) or where a model comes back that was never proposed. `rollback`: an earlier model comes back.
    """

    ce_type = "model.promoted.v1"

    promotion: str
    model: str
    previous: str
    by: str
    reason: str
    report: str | None
    forced: bool = False
    rollback: bool = False
    at: datetime
