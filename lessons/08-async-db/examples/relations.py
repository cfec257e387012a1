from cooks import Session, app
from kitchen import Cook, Dish
from sqlalchemy.orm import joinedload


@app.post("/opening", status_code=204)
async def open_kitchen(session: Session) -> None:
    names = ["soup", "stew"]
    dishes = [Dish(name=name, portions=5) for name in names]
    session.add(Cook(name="Ana", dishes=dishes))
    await session.commit()


# [late]
@app.get("/late/{dish_id}")
async def show_late(dish_id: int, session: Session) -> dict[str, str]:
    dish = await session.get_one(Dish, dish_id)
    return {"dish": dish.name, "cook": dish.cook.name}


# [/late]


# [early]
@app.get("/early/{dish_id}")
async def show_early(dish_id: int, session: Session) -> dict[str, str]:
    dish = await session.get_one(
        Dish, dish_id, options=[joinedload(Dish.cook)]
    )
    return {"dish": dish.name, "cook": dish.cook.name}


# [/early]
