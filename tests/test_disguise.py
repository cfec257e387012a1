"""Programs written differently, that do the same."""

import ast
import asyncio
import random

from checker.disguise import disguised

SOURCE = '''
"""A module."""
def add(a, b):
    """Add."""
    return a + b  # the sum


class Sum:
    async def of(self, *numbers):
        total = 0
        for number in numbers:
            total = add(total, number)

        @staticmethod
        def same(number): return number

        return same(
            total
        )
'''


def test_it_is_another_text_every_time_that_does_the_same() -> None:
    written = {disguised(SOURCE, random.Random(seed)) for seed in range(50)}
    assert len(written) == 50
    for text in written:
        names: dict[str, object] = {}
        exec(compile(text, "sum", "exec"), names)
        add = names["add"]
        assert callable(add)
        assert add(2, 3) == 5
        assert add.__doc__ == "Add."
        assert asyncio.run(names["Sum"]().of(1, 2, 3)) == 6  # type: ignore[operator]


def test_a_learner_can_not_undo_it_by_normalizing() -> None:
    plain = ast.dump(ast.parse(SOURCE))
    same = [ast.dump(ast.parse(disguised(SOURCE, random.Random(n)))) == plain for n in range(50)]
    assert sum(same) < 10
