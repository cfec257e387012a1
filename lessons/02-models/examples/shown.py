from pydantic import BaseModel, ConfigDict


class Dish(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Pea soup", "price_cents": 590}],
        },
    )

    name: str
    price_cents: int
    note: str | None = None


print(Dish.model_json_schema()["examples"])
