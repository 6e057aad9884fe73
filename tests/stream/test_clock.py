"""The clock of a lane: each deadline is sent once, none before its time, whatever the clocks, the load and the crashes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.stream.clock import LaneClock, Taken
from dispatcher.stream.records import Due

KEYS = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])
TIMES = st.integers(0, 10_000)
SETTINGS = st.lists(st.tuples(KEYS, st.none() | TIMES), max_size=40)
FAR = 10**9


def due(at_ms: int) -> Due:
    return Due(at_ms, str(at_ms))


def filled(settings: list[tuple[bytes, int | None]]) -> tuple[LaneClock, dict[bytes, int]]:
    """A clock on which that was set, one after the other, and what stands in the end."""
    clock, standing = LaneClock(), dict[bytes, int]()
    for key, at in settings:
        clock.set(key, None if at is None else due(at))
        if at is None:
            standing.pop(key, None)
        else:
            standing[key] = at
    return clock, standing


def all_of(clock: LaneClock, now_ms: int) -> list[Taken]:
    """Everything that is due, in as many helpings as it takes."""
    found: list[Taken] = []
    while helping := clock.take(now_ms):
        found += helping
    return found


@given(SETTINGS, TIMES)
def test_what_is_due_is_taken_once_the_earliest_first_and_nothing_before_its_time(
    settings: list[tuple[bytes, int | None]], now: int
) -> None:
    clock, standing = filled(settings)
    taken = [(one.at_ms, key) for key, one in all_of(clock, now)]
    assert taken == sorted(taken)
    assert all(at <= now for at, _ in taken)
    later = [(one.at_ms, key) for key, one in all_of(clock, FAR)]
    assert sorted(taken + later) == sorted((at, key) for key, at in standing.items())
    assert clock.next_ms() is None
    assert len(clock) == len(standing)  # under way, and still standing


@given(SETTINGS, TIMES)
def test_a_lane_that_is_opened_anew_knows_what_the_one_before_it_knew(
    settings: list[tuple[bytes, int | None]], now: int
) -> None:
    clock, standing = filled(settings)
    anew, _ = filled(list(standing.items()))
    assert anew.next_ms() == clock.next_ms()
    assert all_of(anew, now) == all_of(clock, now)


@given(SETTINGS, TIMES)
def test_waiting_until_the_time_named_and_no_longer_is_enough(
    settings: list[tuple[bytes, int | None]], now: int
) -> None:
    clock, standing = filled(settings)
    all_of(clock, now)
    moment = clock.next_ms()
    if moment is None:
        return
    assert not clock.take(moment - 1)
    assert clock.take(moment)[0][1].at_ms == min(at for at in standing.values() if at > now - 20)


@given(
    st.lists(st.tuples(KEYS, TIMES), max_size=30),
    st.integers(-5_000, 5_000),
    st.lists(st.integers(0, 400), min_size=1, max_size=10),
    st.integers(1, 7),
)
def test_each_deadline_is_decided_once_and_not_early_by_a_broker_whose_clock_is_wrong(
    wanted: list[tuple[bytes, int]], ahead: int, delays: list[int], helping: int
) -> None:
    """A lane with its broker, `ahead` ms of our clock: deadlines of one key follow each other, records take their time."""
    left: dict[bytes, list[int]] = {}
    for key, at in sorted(set(wanted), key=lambda one: one[1]):
        left.setdefault(key, []).append(at)
    clock = LaneClock()
    for key, ats in left.items():
        clock.set(key, due(ats[0]))
    topic: list[tuple[bytes, int, int]] = []  # key, time, stamp
    read, now, refused, decided = 0, 0, 0, list[tuple[bytes, int]]()
    for step in range(10_000):
        if read == len(topic):
            moment = clock.next_ms()
            if moment is None:
                break
            now = max(now, moment)
        if taken := clock.take(now):
            now += delays[step % len(delays)]  # on the way to the broker
            topic += [(key, one.at_ms, now + ahead) for key, one in taken]
            clock.sent(taken, last_offset=len(topic) - 1, stamped_ms=now + ahead)
        now += delays[step % len(delays)]
        for key, at, stamp in topic[read : read + helping]:
            if left[key][:1] != [at] or stamp < at:  # casework: no longer standing, or before its time
                refused += 1
                continue
            decided.append((key, left[key].pop(0)))
            clock.set(key, due(left[key][0]) if left[key] else None)
        read = min(len(topic), read + helping)
        clock.passed(read, now)
    assert sorted(decided) == sorted(set(wanted))
    if ahead >= 0:
        assert refused == 0
        assert len(topic) == len(decided)  # nothing was said twice, however slowly the lane read
    assert len(clock) == 0
    assert clock._slack_ms <= max(20, -ahead)  # nor is anything later than the broker's clock makes it


def test_a_backlog_is_not_sent_again_while_it_waits_to_be_read() -> None:
    clock, _ = filled([(str(n).encode(), n) for n in range(1_000)])
    offset = 0
    while taken := clock.take(FAR):
        assert len(taken) <= 200
        offset += len(taken)
        clock.sent(taken, last_offset=offset - 1, stamped_ms=FAR)
    assert offset == 1_000
    assert clock.next_ms() is None
    clock.passed(offset - 200, FAR)
    clock.passed(offset - 1, FAR)
    assert (
        len(all_of(clock, 2 * FAR)) == 800
    )  # those were read and nothing came of them; the last helping is still on its way


def test_a_deadline_that_meets_a_fault_is_sent_again_and_ever_more_seldom() -> None:
    clock, now, gaps = LaneClock(), 1_000, list[int]()
    clock.set(b"a", due(1))
    for offset in range(16):
        taken = clock.take(now)
        assert [one.at_ms for _, one in taken] == [1]
        clock.sent(taken, last_offset=offset, stamped_ms=now)
        assert clock.next_ms() is None
        clock.passed(offset + 1, now)
        moment = clock.next_ms()
        assert moment is not None
        assert not clock.take(moment - 1)
        gaps.append(moment - now)
        now = moment
    assert gaps[:4] == [3_000, 6_000, 12_000, 24_000]
    assert gaps[-1] == 3_600_000
    clock.set(b"a", due(2))  # the case has moved on: no longer a fault
    assert clock.take(now) == [(b"a", due(2))]


def test_cases_that_change_often_do_not_fill_the_memory() -> None:
    clock = LaneClock()
    for n in range(100_000):
        clock.set(b"%d" % (n % 10), due(FAR + n))
    assert len(clock._heap) < 2_000
    assert [key for key, _ in all_of(clock, 2 * FAR)] == [b"%d" % n for n in range(10)]
