from cooks import Session, app
from fastapi import HTTPException
from kitchen import Dish
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError


class NewDish(BaseModel):
    name: str
    portions: int
    cook_id: int


# [careless]
@app.post("/careless", status_code=201)
async def add_carelessly(new: NewDish, session: Session) -> dict[str, int]:
    dish = Dish(**new.model_dump())
    session.add(dish)
    await session.commit()
    return {"id": dish.id}


# [/careless]


# [careful]
@app.post("/dishes", status_code=201)
async def add_dish(new: NewDish, session: Session) -> dict[str, int]:
    dish = Dish(**new.model_dump())
    session.add(dish)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        same = select(Dish.id).where(Dish.name == new.name)
        first = await session.scalar(same)
        detail = f"Dish {first} is called {new.name} already"
        raise HTTPException(409, detail) from None
    return {"id": dish.id}


@app.get("/dishes/{dish_id}")
async def show_dish(dish_id: int, session: Session) -> dict[str, int | str]:
    dish = await session.get(Dish, dish_id)
    if dish is None:
        raise HTTPException(404, f"There is no dish {dish_id}")
    return {"id": dish.id, "name": dish.name, "portions": dish.portions}


# [/careful]
