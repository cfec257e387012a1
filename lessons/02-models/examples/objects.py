from pydantic import BaseModel, ConfigDict, ValidationError, computed_field


class Booking:
    """An object of another library. It has more than we show."""

    def __init__(self, table: int, seats: int, taken: int) -> None:
        self.table, self.seats, self.taken = table, seats, taken
        self.waiter = "Robin"


class Plain(BaseModel):
    table: int


class Table(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    table: int
    seats: int
    taken: int

    # mypy can't follow these two decorators
    @computed_field  # type: ignore[prop-decorator]
    @property
    def free(self) -> int:
        return self.seats - self.taken


booking = Booking(table=4, seats=6, taken=2)
try:
    Plain.model_validate(booking)
except ValidationError as error:
    print(error.errors()[0]["msg"])
print(Table.model_validate(booking).model_dump_json())
