import warnings
from typing import Optional

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from pydantic import BaseModel, ValidationError, validator

    class Waiter(BaseModel):
        name: str
        nickname: Optional[str]  # noqa: UP045 (the old form)

        class Config:
            orm_mode = True

        @validator("name")
        def tidy(cls, name: str) -> str:  # noqa: N805
            return name.strip().title()

    waiter = Waiter(name=" robin ", nickname=None)
    print(waiter.dict())

for message in dict.fromkeys(str(warning.message) for warning in caught):
    print("-", message.partition(".")[0].replace("\n* ", " "))
try:
    Waiter.model_validate({"name": "robin"})
except ValidationError as error:
    print(error.errors()[0]["loc"], error.errors()[0]["msg"])
