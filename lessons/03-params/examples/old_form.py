import warnings

from fastapi import Query


def list_recipes(word: str = Query(None)) -> list[str]:
    return [
        recipe
        for recipe in ("bread", "onion soup")
        if not word or word in recipe
    ]


try:
    list_recipes()
except TypeError as error:
    print(f"Called as a plain function: {error}")

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Query(regex="^[a-z]+$")
print(f"With regex: {caught[0].message}")
