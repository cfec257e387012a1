from pydantic import BaseModel, ConfigDict, field_validator


class Waiter(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    nickname: str | None = None

    @field_validator("name")
    @classmethod
    def tidy(cls, name: str) -> str:
        return name.strip().title()


print(Waiter(name=" robin ").model_dump())
