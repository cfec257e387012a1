"""`learn watch`: grade on every save, on a screen or line by line."""
