"""Lesson 01 of the tiny course."""

import pytest

pytestmark = pytest.mark.lesson("01")


@pytest.mark.step(1)
def test_hello(app):
    """GET /hello greets."""
    app.get("/hello").expect(200, json={"message": "hello"})


@pytest.mark.step(2)
def test_hello_name(app, rng):
    """GET /hello/{name} greets by name."""
    name = rng.choice(["Ada", "Grace", "Barbara"]) + str(rng.randint(10, 99))
    app.get(f"/hello/{name}").expect(
        200, json={"message": f"hello {name}"}, because="every name is greeted"
    )


@pytest.mark.step(3)
def test_secret(app, environment):
    """GET /secret says the secret of this run."""
    app.get("/secret").expect(200, json={"secret": environment["SECRET"]})


@pytest.mark.step(3)
def test_other_secret(fresh_app):
    """A fresh app says the secret that it was started with."""
    fresh_app(SECRET="swordfish").get("/secret").expect(200, json={"secret": "swordfish"})
