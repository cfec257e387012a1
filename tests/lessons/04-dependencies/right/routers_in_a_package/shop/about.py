"""What anybody may know about this process."""

from fastapi import APIRouter
from pydantic import BaseModel

from shop.settings import CurrentSettings, Settings


class About(BaseModel):
    """The public part of the settings."""

    name: str
    page_size: int
    instance: str


router = APIRouter()


@router.get("/about", response_model=About)
def show_about(settings: CurrentSettings) -> Settings:
    """Tell what shop this is, and which process; the response model leaves the key out."""
    return settings
