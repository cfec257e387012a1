from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

router = APIRouter()


class AtMost:
    def __init__(self, times: int) -> None:
        self.left: dict[int, int] = {}
        self.times = times

    def take(self, buyer: Annotated[int, Query(alias="customer")]) -> int:
        left = self.left.setdefault(buyer, self.times)
        if not left:
            raise HTTPException(429, "Enough")
        self.left[buyer] = left - 1
        return self.times - self.left[buyer]


@router.post("/bookmarks", status_code=201)
def bookmark(taken: Annotated[int, Depends(AtMost(2).take)]) -> dict[str, int]:
    return {"taken": taken}


@router.post("/posters", status_code=201)
def poster(taken: Annotated[int, Depends(AtMost(3).take)]) -> dict[str, int]:
    return {"taken": taken}
