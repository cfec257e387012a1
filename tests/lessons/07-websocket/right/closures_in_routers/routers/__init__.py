"""The routers of the app, each made by a function that gets what it needs."""
