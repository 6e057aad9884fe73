"""What is shown of a stranger's text: never wider than told, never an order to the terminal, never a number."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dispatcher.console import view

texts = st.text(max_size=60) | st.text(alphabet="来电楼道灯坏了abc 13８\u202e\x1b[2J\n…😀é", max_size=60)
widths = st.integers(0, 90)


@given(texts, widths)
def test_a_cut_text_fits(text: str, width: int) -> None:
    assert cell_len(view.cut(text, width)) <= width


@given(texts, widths)
def test_a_cut_text_is_the_beginning_and_says_that_it_was_cut(text: str, width: int) -> None:
    shown = view.cut(text, width)
    if shown != text and shown:
        assert shown.endswith(view.ELLIPSIS)
        assert text.startswith(shown.removesuffix(view.ELLIPSIS))


@given(texts, widths)
def test_cutting_again_changes_nothing(text: str, width: int) -> None:
    once = view.cut(text, width)
    assert view.cut(once, width) == once


@given(texts.map(view.clean), widths, st.booleans())
def test_a_fitted_text_has_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(view.fit(text, width, right=right)) == width


@given(texts.map(view.clean), st.integers(2, 90), st.integers(1, 4))
def test_wrapped_lines_fit_and_are_no_more_than_told(text: str, width: int, most: int) -> None:
    lines = view.wrap(text, width, lines=most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)


@given(texts)
def test_a_clean_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = view.clean(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    assert view.clean(shown) == shown


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "\u200b", "\u202e", "\x00"]),
    st.booleans(),
    st.integers(0, 60),
)
def test_no_telephone_number_is_shown_however_it_is_written(number: str, hidden: str, wide: bool, width: int) -> None:
    written = hidden.join(number)
    if wide:
        written = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in written)
    shown = view.cut(view.clean(f"打我电话{written}谢谢"), width)
    assert not re.search(r"[0-9]{5}", shown)


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(None, "–"), (0, "0"), (48.4, "48"), (9_999, "9999"), (12_000, "12 s"), (7e5, "12 m")]
)
def test_a_latency_is_short(milliseconds: float | None, shown: str) -> None:
    assert view.span(milliseconds) == shown


@given(st.floats(0, 1e12))
def test_a_latency_has_at_most_five_cells(milliseconds: float) -> None:
    assert cell_len(view.span(milliseconds)) <= 5
