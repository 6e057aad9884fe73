"""The tree of errors: one root, stable codes, a sentence each."""

from collections.abc import Iterator

import pytest

from dispatcher.domain import errors
from dispatcher.domain.errors import BadRecord, DispatcherError, PortInUse


def tree(root: type[DispatcherError]) -> Iterator[type[DispatcherError]]:
    for child in root.__subclasses__():
        yield child
        yield from tree(child)


def test_every_error_has_a_code_of_its_own_and_stands_in_the_drawing() -> None:
    kinds = [kind for kind in tree(DispatcherError) if kind.__module__ == errors.__name__]
    codes = [kind.code for kind in kinds if "code" in vars(kind)]
    assert len(set(codes)) == len(codes)
    assert {kind.__name__ for kind in kinds} <= set((errors.__doc__ or "").replace("─", " ").split())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PortInUse("port 1 is taken", hint="Choose another"), "D201 port 1 is taken. Choose another."),
        (PortInUse("port 1 is taken!"), "D201 port 1 is taken!"),
        (BadRecord("text is empty", code="D305", hint="请补问。"), "D305 text is empty. 请补问。"),
        (DispatcherError("  "), "D100"),
    ],
)
def test_an_error_says_what_happened_and_what_to_do(error: DispatcherError, told: str) -> None:
    assert str(error) == told
