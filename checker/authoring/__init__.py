"""For authors: `learn dev new` makes a lesson, `learn dev check` proves that it is sound."""
