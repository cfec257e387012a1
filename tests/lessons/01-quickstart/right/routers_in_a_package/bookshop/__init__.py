"""The bookshop: its catalogue, its warehouse, and the routers that show them on the web."""
