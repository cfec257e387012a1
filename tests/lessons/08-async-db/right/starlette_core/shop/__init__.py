"""The parts of the bookshop."""
