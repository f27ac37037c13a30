"""The search for garbage, kept short."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from geo.web.heap import MANY, Heap


class Knot:
    """An object that only the search for garbage can take away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Leave out the searches' other callers, and put back what is set aside."""
    before = gc.callbacks[:]
    gc.callbacks.clear()
    gc.unfreeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()
    gc.callbacks[:] = before


def test_much_that_survives_is_set_aside() -> None:
    """What survived a search is passed over by the next one, which still takes away what was made since."""
    gc.callbacks.append(Heap())
    many = [[] for _ in range(MANY)]
    gc.collect()
    assert gc.get_freeze_count() >= len(many)
    assert len(gc.get_objects(generation=2)) < MANY
    new = weakref.ref(Knot())
    gc.collect()
    assert new() is None


def test_what_was_set_aside_is_looked_through_again() -> None:
    """Garbage that was set aside while it was still needed goes once everything is looked through again."""
    knot = Knot()
    gone = weakref.ref(knot)
    gc.callbacks.append(Heap())
    many = [[] for _ in range(MANY)]
    gc.collect()
    del knot
    gc.collect()
    assert gone() is not None
    gc.callbacks[:] = [Heap(all_again_s=0)]
    gc.collect()
    assert gone() is None
    assert many
