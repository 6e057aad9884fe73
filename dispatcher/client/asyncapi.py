"""topics.yaml and the message models as an AsyncAPI 3.0 document, for people and tools outside this program.

Every topic is a channel; who sends and who receives is seen from the dispatch service itself, whose document this is.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from dispatcher import __version__
from dispatcher.catalog import Catalog
from dispatcher.catalog.topics import PER_AGENCY, SCHEMAS, Topic
from dispatcher.client.aliases import call_aliases
from dispatcher.domain.calls import CallReceived
from dispatcher.domain.cases import CaseRecord
from dispatcher.domain.triage import CallerHistory
from dispatcher.stream import dead_letters

#: Parties of topics.yaml that are this service itself.
_OURS = frozenset({"triage", "casework"})
_MODELS: dict[str, type[BaseModel]] = SCHEMAS | {"caller.history.v1": CallerHistory, "case.state.v1": CaseRecord}
#: Values without a model.
_PLAIN: dict[str, dict[str, Any]] = {
    "raw": {"description": "The record's value as it was, byte for byte; anything."},
    "intake.control.v1": {
        "type": "object",
        "required": ["stopped", "reason"],
        "properties": {
            "stopped": {"type": "boolean", "description": "Whether the intake of the partition in the key is stopped."},
            "reason": {"type": "string", "description": "Why, for people."},
        },
    },
}
_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode and W3C trace context. Values are UTF-8.",
    "properties": {
        "ce_id": {"type": "string", "description": "Unique id of the event; drop a second copy by it."},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The case_id, or the call_id of a call."},
        "content-type": {"type": "string"},
        "traceparent": {"type": "string", "description": "00-<trace>-<span>-01"},
    },
}
_LETTER_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "Why and whence; the record's own headers stand behind the prefix orig_.",
    "properties": {name: {"type": "string"} for name in dead_letters.HEADERS},
}
#: Kafka settings that the binding gives types of their own; others pass as text.
_NUMBERS = frozenset({"retention.ms", "delete.retention.ms", "max.message.bytes", "segment.ms", "min.insync.replicas"})


def document(catalog: Catalog, *, bootstrap: str) -> dict[str, Any]:
    """The document as plain values. `bootstrap` becomes the example server."""
    messages: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for topic in catalog.topics.topics:
        name = _id(topic.name)
        for schema in topic.schemas:
            messages.setdefault(_id(schema), _message(schema))
        channels[name] = _channel(topic, units=tuple(catalog.city.units))
        for action, parties in (("send", topic.producers), ("receive", topic.consumers)):
            if _OURS & {*parties}:
                operations[f"{action}_{name}"] = {
                    "action": action,
                    "summary": f"{', '.join(p for p in parties if p in _OURS)}: {topic.purpose}",
                    "channel": {"$ref": f"#/channels/{name}"},
                    "messages": [{"$ref": f"#/channels/{name}/messages/{_id(schema)}"} for schema in topic.schemas],
                }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dispatch of non-police calls to the 110 line",
            "version": __version__,
            "description": "Consoles publish on `calls`; units read `agency.<code>`. Records are in transactions: read "
            "with isolation.level=read_committed. Partitioner: murmur2, Kafka's default.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": bootstrap.split(",")[0], "protocol": "kafka"}},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": _schemas()},
    }


def _id(name: str) -> str:
    """A name as a key: letters, digits, hyphens and underscores, which every tool takes."""
    return name.replace("{", "").replace("}", "").replace(".", "_")


def _channel(topic: Topic, *, units: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "address": topic.name,
        "title": topic.name,
        "summary": topic.purpose,
        "description": f"Owner: {topic.owner}. Written by {', '.join(topic.producers)}; read by {', '.join(topic.consumers)}.",
        "messages": {_id(schema): {"$ref": f"#/components/messages/{_id(schema)}"} for schema in topic.schemas},
        "bindings": {
            "kafka": {
                **({"topic": topic.name} if topic.name != PER_AGENCY else {}),
                "partitions": topic.partitions,
                "replicas": topic.replication,
                "topicConfiguration": {
                    name: [value] if name == "cleanup.policy" else int(value) if name in _NUMBERS else value
                    for name, value in topic.config(replication=topic.replication).items()
                },
                "bindingVersion": "0.5.0",
            }
        },
        "x-key": topic.key,
        "x-example": topic.example,
    }
    if topic.name == PER_AGENCY:
        found["parameters"] = {"code": {"description": "The unit's code in agencies.yaml.", "enum": list(units)}}
    return found


def _message(schema: str) -> dict[str, Any]:
    model = _MODELS.get(schema)
    about = " ".join((model.__doc__ or "").split()) if model is not None else _PLAIN[schema].get("description", "")
    return {
        "name": schema.removeprefix("inbox."),
        "title": schema,
        **({"summary": about.split(". ")[0].rstrip(".") + "."} if about else {}),
        "contentType": "application/octet-stream" if schema == "raw" else "application/json",
        "headers": _LETTER_HEADERS if schema == "raw" else _HEADERS,
        "payload": {"$ref": f"#/components/schemas/{_id(schema)}"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def _schemas() -> dict[str, Any]:
    """One schema for each message by its type, beside those of the models within them."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation" if model is CallReceived else "serialization") for model in _MODELS.values()
    ]
    by_model, shared = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = dict(shared.get("$defs", {}))
    for (name, model), how in zip(_MODELS.items(), wanted, strict=True):
        found[_id(name)] = by_model[model, how[1]]
    call = found[by_model[CallReceived, "validation"]["$ref"].rsplit("/", 1)[1]]
    for field, aliases in call_aliases().items():
        call["properties"][field]["x-aliases"] = list(aliases)
        call["properties"][field]["description"] = f"Also accepted as {', '.join(aliases)} (names of city CAD systems)."
    return found | {_id(name): schema for name, schema in _PLAIN.items()}
