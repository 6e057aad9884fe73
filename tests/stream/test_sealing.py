"""Sealing in a lane: one key for a case, kept with it; without the key nothing opens, and nothing fits elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from dispatcher.client.case_keys import CaseKeys
from dispatcher.domain.messages import CaseErased
from dispatcher.stream import chain, sealing, topics
from dispatcher.stream.records import Output, Result
from dispatcher.stream.sealing import PREFIX, Sealer, key_id, opened, seal

CASE, OTHER = b"case-1", b"case-2"
KEY, KEY_2 = bytes(16), bytes([1]) * 16


def event(text: str, *, case: bytes = CASE, name: str = "e1", kind: str = "case.opened.v1") -> Output:
    value = orjson.dumps({"event_id": name, "case_id": case.decode(), "text": text})
    return Output(topics.CASE_EVENTS, case, value, (("ce_id", name.encode()), ("ce_type", kind.encode())))


def minted(*keys: bytes) -> Callable[[int], bytes]:
    left = list(keys)

    def mint(size: int) -> bytes:
        assert size == sealing.SIZE
        return left.pop(0)

    return mint


class Lane:
    """A lane's state, and its sealer."""

    def __init__(self, *keys: bytes) -> None:
        self.sealer = Sealer(lambda topic, key: len(topic + key.decode()) % 4, mint=minted(*keys))
        self.state: dict[bytes, bytes] = {}

    def do(self, result: Result, case: bytes = CASE) -> list[Output]:
        self.sealer.seal(result, case, self.state.get)
        for key, value in result.state.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        return result.outputs


def test_a_case_has_one_key_written_before_its_first_sealed_event() -> None:
    lane = Lane(KEY)
    first = lane.do(Result([event("一"), event("二", name="e2")], {CASE: b"{}"}))
    later = lane.do(Result([event("三", name="e3")]))
    assert [one.topic for one in first] == ["case-keys", "case-events", "case-events"]
    assert lane.state == {CASE: b"{}", PREFIX + CASE: KEY}
    keys = CaseKeys()
    keys.learn(first[0])
    for sealed_one, text in zip([*first[1:], *later], "一二三", strict=True):
        assert text.encode() not in (sealed_one.value or b"")
        assert orjson.loads(keys.reveal(sealed_one))["text"] == text
    assert len({first[0].partition, Lane(KEY).do(Result([event("一")]))[0].partition}) == 1


def test_an_event_without_anything_personal_needs_no_key() -> None:
    lane = Lane()
    plain = event("")
    assert lane.do(Result([plain])) == [plain]
    assert lane.state == {}


def test_the_same_event_under_the_same_key_is_the_same_bytes_and_under_another_is_not() -> None:
    assert seal(event("一"), KEY) == seal(event("一"), KEY)
    assert seal(event("一"), KEY).headers != seal(event("一"), KEY_2).headers


@pytest.mark.parametrize("name", ["key", "ce_id", "ciphertext", "cut", "mark", "value"])
def test_tampered_with_it_does_not_open(name: str) -> None:
    whole = seal(event("一"), KEY)
    assert opened(whole, KEY) == event("一").value
    headers = dict(whole.headers)
    if name == "ciphertext":
        headers["sealed"] = headers["sealed"][:-1] + bytes([headers["sealed"][-1] ^ 1])
    elif name == "cut":
        headers["sealed"] = headers["sealed"][:12]
    elif name == "ce_id":
        headers["ce_id"] = b"e2"
    value = whole.value or b""
    if name == "value":
        value = value.replace(b'"', b"", 1)
    elif name == "mark":
        value = value.replace("§1:0".encode(), b"")
    moved = Output(whole.topic, OTHER if name == "key" else CASE, value, tuple(headers.items()))
    if name == "value":  # the chain finds that; the texts themselves are still what they were
        assert opened(moved, KEY) != event("一").value
    else:
        assert opened(moved, KEY) is None
    assert opened(whole, KEY_2) is None


def test_a_forgotten_case_takes_its_key_out_of_the_state_and_leaves_it_on_the_topic() -> None:
    lane = Lane(KEY)
    lane.do(Result([event("一")], {CASE: b"{}"}))
    assert lane.do(Result(state={CASE: None})) == []
    assert lane.state == {}


def test_erasing_removes_the_keys_that_are_named_and_the_one_in_use_and_says_so_openly() -> None:
    lane = Lane(KEY, KEY_2)
    written = lane.do(Result([event("一")], {CASE: b"{}"}))
    told = event("本人申请", name="e2", kind=CaseErased.ce_type)
    gone = lane.do(Result([told], erased=(CASE + b"/0000abcd",)))
    assert gone[0] == told
    current = CASE + b"/" + key_id(KEY).encode()
    assert [(one.key, one.value) for one in gone[1:]] == [(CASE + b"/0000abcd", None), (current, None)]
    assert {one.partition for one in gone[1:]} == {written[0].partition}
    assert PREFIX + CASE not in lane.state
    keys = CaseKeys()
    for one in (written[0], *gone[1:]):
        keys.learn(one)
    assert keys.reveal(written[1]) == written[1].value
    after = lane.do(Result([event("二", name="e3")]))
    assert after[0].key == CASE + b"/" + key_id(KEY_2).encode()


def test_the_chain_is_over_what_is_sealed() -> None:
    whole = seal(event("一"), KEY)
    head = chain.Head("casework/0")
    other = Output(
        whole.topic, whole.key, whole.value, tuple((n, v + b"x" if n == "sealed" else v) for n, v in whole.headers)
    )
    assert head.link(whole)[0].hash != head.link(other)[0].hash
