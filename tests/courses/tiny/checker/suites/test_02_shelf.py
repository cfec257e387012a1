"""Lesson 02 of the tiny course."""

import pytest

pytestmark = pytest.mark.lesson("02")


@pytest.mark.step(1)
def test_put_and_take(app, rng):
    """What was put somewhere lies there."""
    place, thing = f"p{rng.randint(1, 999)}", f"thing {rng.randint(1, 999)}"
    app.get(f"/shelf/{place}").expect(404)
    app.put(f"/shelf/{place}", json=thing).expect(204, text="")
    app.get(f"/shelf/{place}").expect(200, json=thing)


@pytest.mark.step(1)
def test_fresh_shelf_is_empty(app, fresh_app):
    """Two runs of the app share nothing."""
    app.put("/shelf/shared", json="a").expect(204)
    fresh_app().get("/shelf/shared").expect(404)


@pytest.mark.step(2)
def test_talks(app):
    """/talk answers in capitals, to each of two at once."""
    with app.websocket("/talk") as one, app.websocket("/talk") as two:
        one.send_text("one")
        two.send_text("two")
        two.expect_text("TWO")
        one.expect_text("ONE")
