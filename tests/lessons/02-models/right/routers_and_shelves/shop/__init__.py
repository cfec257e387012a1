"""The bookshop: one module with a router for each kind of thing."""
