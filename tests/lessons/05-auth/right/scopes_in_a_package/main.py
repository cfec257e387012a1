"""Right: scopes instead of a role check, in a package, refusing to start in the lifespan."""

from shop.web import app

__all__ = ["app"]
