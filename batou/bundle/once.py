"""`Once`: what many threads want is made by the first that asks."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A value that is made by the first of many threads that ask for it, or why there is none."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: list[T] = []
        self._error: Exception | None = None

    def get(self, make: Callable[[], T]) -> T:
        """The value; raises what *make* has raised."""
        with self._guard:
            if self._error is not None:
                raise self._error
            if not self._made:
                try:
                    self._made.append(make())
                except Exception as error:
                    self._error = error
                    raise
            return self._made[0]
