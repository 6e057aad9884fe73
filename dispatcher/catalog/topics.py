"""topics.yaml: every topic as a product, with its owner, its readers and an example."""

from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from dispatcher.domain import messages
from dispatcher.domain.audit import LedgerCheckpoint
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.events import CASE_EVENTS, OrderNotice
from dispatcher.domain.inbox import INBOX_OTHERS
from dispatcher.domain.lookups.messages import DeskReply, LookupAsked
from dispatcher.domain.model_events import ModelPromoted
from dispatcher.domain.neighbours import PlaceSeen
from dispatcher.domain.sealed import CaseKey

#: Stands in a topic's name for each unit's code.
PER_AGENCY = "agency.{code}"

#: An input and the state that belongs to it, partition by partition.
CO_PARTITIONED = (("calls", "caller-state"), ("case-inbox", "case-state"))
#: Without these no worker can run.
NEEDED = (
    *(name for pair in CO_PARTITIONED for name in pair),
    "case-events",
    "case-keys",
    "work-orders",
    "order-notices",
    "lookups",
    "desk-requests",
    "desk-replies",
    "ledger-checkpoints",
    PER_AGENCY,
    "dead-letters",
    "intake-control",
)

#: Schema names that topics.yaml may use -> the model that is the schema.
SCHEMAS: dict[str, type[BaseModel]] = {
    "call.received.v1": CallReceived,
    "call.attached.v1": messages.AttachedCall,
    "call.unreadable.v1": messages.UnreadableCall,
    "work_order.issued.v1": messages.WorkOrder,
    **{model.ce_type: model for model in messages.LEDGER_TYPES},
    "triage.decided.v1": messages.TriagedCall,
    **{model.ce_type: model for model in INBOX_OTHERS},
    **{model.ce_type: model for model in CASE_EVENTS},
    OrderNotice.ce_type: OrderNotice,
    LookupAsked.ce_type: LookupAsked,
    DeskReply.ce_type: DeskReply,
    PlaceSeen.ce_type: PlaceSeen,
    ModelPromoted.ce_type: ModelPromoted,
    LedgerCheckpoint.ce_type: LedgerCheckpoint,
    CaseKey.ce_type: CaseKey,
}

#: Schemas of values that have no model of their own; in words.
PLAIN_SCHEMAS = frozenset({"raw", "caller.history.v1", "case.state.v1", "intake.control.v1"})


class Topic(BaseModel):
    """One topic, or one pattern of topics."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    purpose: str
    key: str
    schemas: tuple[str, ...]
    partitions: PositiveInt
    replication: PositiveInt
    retention_days: int | None = Field(None, gt=0)
    compacted: bool = False
    erased_within_days: int | None = Field(None, gt=0)
    forever: bool = False
    append_time: bool = False
    max_message_bytes: PositiveInt | None = None
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    owner: str
    example: dict[str, Any]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum((self.retention_days is not None, self.compacted, self.forever)) != 1:
            raise ValueError("retention_days: it is not one of retention_days, compacted, forever; set exactly one")
        if self.erased_within_days is not None and not self.compacted:
            raise ValueError(
                "erased_within_days: only of a compacted topic can single records be removed; leave it out"
            )
        unknown = [name for name in self.schemas if name not in SCHEMAS and name not in PLAIN_SCHEMAS]
        if unknown:
            known = sorted({*SCHEMAS, *PLAIN_SCHEMAS})
            near = dict.fromkeys(found for name in unknown for found in get_close_matches(name, known))
            advice = f"perhaps {' or '.join(near)}" if near else "`dispatcher topics describe` shows those in use"
            raise ValueError(f"schemas: no such schema {', '.join(unknown)}; {advice}")
        return self

    def config(self, *, replication: int) -> dict[str, str]:
        """Kafka's settings of the topic on a cluster with that many copies."""
        day = 86_400_000
        settings = {"cleanup.policy": "compact" if self.compacted else "delete"}
        if self.compacted:
            # Small segments and a low ratio, so that a state topic stays near the size of the state itself.
            settings |= {
                "segment.ms": str(day // 4),
                "min.cleanable.dirty.ratio": "0.1",
                "delete.retention.ms": str(day),
            }
            if self.erased_within_days is not None:
                # From then on the broker rolls with the next record that is written, and cleans.
                settings["max.compaction.lag.ms"] = str(self.erased_within_days * day)
        else:
            settings["retention.ms"] = "-1" if self.forever else str((self.retention_days or 0) * day)
        settings["message.timestamp.type"] = "LogAppendTime" if self.append_time else "CreateTime"
        if self.max_message_bytes is not None:
            settings["max.message.bytes"] = str(self.max_message_bytes)
        if replication >= 3:
            settings["min.insync.replicas"] = "2"  # acks=all alone is no durability
        return settings


class Topics(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parties: tuple[str, ...]
    topics: tuple[Topic, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [topic.name for topic in self.topics]
        wrong = [
            f"topics.{name}: the name stands twice; remove one" for name in sorted(set(names)) if names.count(name) > 1
        ]
        wrong += [f"topics: no topic {name}, which the service needs; add it" for name in NEEDED if name not in names]
        for topic in self.topics:
            for party in dict.fromkeys((*topic.producers, *topic.consumers, topic.owner)):
                if party not in self.parties:
                    wrong.append(f"topics.{topic.name}: {party} is not among the parties; add it there or correct it")
        by_name = {topic.name: topic for topic in self.topics}
        for source, state in CO_PARTITIONED:
            if source in by_name and state in by_name:
                if by_name[source].partitions != by_name[state].partitions:
                    wrong.append(f"topics.{state}.partitions: must be as many as those of {source}; make them equal")
                if not by_name[state].compacted:
                    wrong.append(f"topics.{state}.compacted: the state is rebuilt from here; set it to true")
                if not by_name[source].append_time:
                    wrong.append(f"topics.{source}.append_time: decisions use the broker's time; set it to true")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def expanded(self, agency_codes: tuple[str, ...]) -> dict[str, Topic]:
        """Every topic by its real name; the pattern ``agency.{code}`` once for each unit."""
        found: dict[str, Topic] = {}
        for topic in self.topics:
            if topic.name == PER_AGENCY:
                found |= {topic.name.format(code=code): topic for code in agency_codes}
            else:
                found[topic.name] = topic
        return found
