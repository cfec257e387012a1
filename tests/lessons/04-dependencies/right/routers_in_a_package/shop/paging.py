"""One page of a longer list."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from shop.settings import CurrentSettings

Item = TypeVar("Item")


class PageOfList:
    """The part of a list that a client asks for."""

    def __init__(
        self,
        settings: CurrentSettings,
        skip: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int | None, Query(ge=1, le=20)] = None,
    ) -> None:
        self._start = skip
        self._stop = skip + (settings.page_size if limit is None else limit)

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Cut this page out of all items."""
        return items[self._start : self._stop]


Page = Annotated[PageOfList, Depends()]
