"""All or nothing."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, TypeVar


class Transactional(Protocol):
    """What a session must be able to do."""

    def commit(self) -> None:
        """Write what was added."""

    def rollback(self) -> None:
        """Forget what was added."""

    def close(self) -> None:
        """Give the session back."""


S = TypeVar("S", bound=Transactional)


class Transaction(AbstractContextManager[S]):
    """Commit a session at the end, or roll it back after an error, and close it."""

    def __init__(self, session: S) -> None:
        self._session = session

    def __enter__(self) -> S:
        return self._session

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._commit()
            else:
                self._session.rollback()
        finally:
            self._session.close()

    def _commit(self) -> None:
        try:
            self._session.commit()
        except BaseException:
            self._session.rollback()
            raise
