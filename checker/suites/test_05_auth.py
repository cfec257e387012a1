"""Lesson 05: passwords, tokens and roles."""

import ast
import base64
import json
import re
import string
import time
from urllib.parse import urljoin, urlsplit

import jwt
import pytest

pytestmark = pytest.mark.lesson("05")

OLGA = ("olga", "paper lantern 1968")
SHORTEST_SECRET = 32
LONGEST_PASSWORD = 128
LEAST_MEMORY_KIB = 19 * 1024
LIFETIME_S = 30 * 60
SLACK_S = 60
ALPHABET = string.ascii_letters + string.digits
ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=\d+,p=\d+\$[^$]+\$[^$]+")
UNCHECKED = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}


def _text(rng, length):
    return "".join(rng.choices(ALPHABET, k=length))


def _username(rng):
    return "".join(rng.choices(string.ascii_lowercase, k=12))


def _password(rng):
    """Return letters and digits, with signs behind them that a form must encode."""
    return _text(rng, 12) + "".join(rng.sample("&=+% é#", 3)) + "!"


def _hint(app, answer):
    """Say what a common mistake looks like from outside, if the answer looks like one."""
    if answer.status == 200 and '"status_code"' in answer.text and '"detail"' in answer.text:
        return "It seems that the function returns the HTTPException: raise it"
    if answer.status == 500:
        raised = [one.message for one in app.exceptions()[-1:]]
        if any("HTTPException(" in message for message in raised):
            return "It seems that the function returns the HTTPException: raise it"
    if answer.status != 422:
        return ""
    detail = answer.json.get("detail") if isinstance(answer.json, dict) else None
    errors = [one for one in detail or [] if isinstance(one, dict)]
    places = [tuple(one.get("loc") or ()) for one in errors]
    if answer.line.startswith("POST /token"):
        if ("body",) in places:
            return (
                "The login was sent as a form, and your function expects JSON: /token must read "
                "a form"
            )
        if any(place[:1] == ("query",) for place in places):
            return "The login was sent as a form, and your function looks for it in the query"
    elif any(place[:1] == ("query",) for place in places):
        return "It was taken for a query parameter: Depends may be missing around its dependency"
    return ""


def _expect(app, answer, status, because="", **wanted):
    """Like `expect`, with a word on the cause where the answer shows it."""
    if answer.status == status:
        return answer.expect(status, because=because, **wanted)
    return answer.expect(
        status, because=". ".join(filter(None, [because, _hint(app, answer)])), **wanted
    )


def _register(app, rng):
    """Open an account; return its username and password."""
    username, password = _username(rng), _password(rng)
    app.post("/accounts", json={"username": username, "password": password}).expect(201)
    return username, password


def _log_in(app, username, password):
    return app.post(
        "/token", data={"grant_type": "password", "username": username, "password": password}
    )


def _token(app, username, password):
    """Log in; return the token."""
    answer = _expect(app, _log_in(app, username, password), 200)
    token = answer.json.get("access_token") if isinstance(answer.json, dict) else None
    assert isinstance(token, str) and token, (
        f"The answer to POST /token should hold the token as text in access_token, "
        f"but is {answer.text}."
    )
    return token


_KNOWN = {}
"""People whom checks share, by app and name: a login costs time on purpose."""


def _olgas_token(app):
    """Return a token of Olga's."""
    key = (app.served, "olga")
    if key not in _KNOWN:
        _KNOWN[key] = _token(app, *OLGA)
    return _KNOWN[key]


def _somebody(app, rng):
    """Return username, password and token of a customer whose account no check changes."""
    key = (app.served, "somebody")
    if key not in _KNOWN:
        username, password = _register(app, rng)
        _KNOWN[key] = (username, password, _token(app, username, password))
    return _KNOWN[key]


def _bearer(token):
    return {"headers": {"Authorization": f"Bearer {token}"}}


def _me(app, token):
    return app.get("/me", **_bearer(token))


def _shown(username, role="customer", disabled=False):
    return {"username": username, "role": role, "disabled": disabled}


def _expect_401(app, answer, because):
    _expect(app, answer, 401, because)
    challenge = answer.headers.get("www-authenticate")
    assert challenge is not None, (
        f"{answer.line} answers 401, but without the header WWW-Authenticate: Bearer, which tells "
        "a client how to log in. HTTPException takes `headers`."
    )
    assert challenge.lower().split()[:1] == ["bearer"], (
        f"{answer.line} should send WWW-Authenticate: Bearer, but sent {challenge!r}."
    )


def _kept(app, username):
    """Return what accounts.json holds of an account."""
    try:
        accounts = json.loads(app.file("accounts.json"))
        found = accounts[username]["password_hash"]
    except (ValueError, KeyError, TypeError):
        found = None
    assert isinstance(found, str), (
        f"accounts.json should hold an entry {username!r} with its password_hash, once the "
        "account is open. Keep accounts with ACCOUNTS.add, as the starter does."
    )
    return found


def _claims(token, secret):
    """Return the verified claims of a token."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        header = None
    assert header is not None, (
        f"The token should be a JWT, three parts with dots between them, but is {token!r}. "
        "jwt.encode makes one."
    )
    assert header.get("alg") == "HS256", (
        f"The token should be signed with HS256, but says that it was with {header.get('alg')!r}."
    )
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options=UNCHECKED)
    except jwt.InvalidSignatureError:
        signed = False
    except jwt.InvalidTokenError as error:
        signed, problem = True, str(error)
    assert signed, (
        "The token should be signed with the value of the environment variable SECRET_KEY, "
        "as it was when the app started, but the signature is one of another secret."
    )
    raise AssertionError(f"The token should be a proper JWT, but it can't be decoded: {problem}.")


def _signed_again(app, environment, token, **changes):
    """Sign the claims of a good token again, some of them changed; None leaves a claim out."""
    secret = environment["SECRET_KEY"]
    claims = _claims(token, secret)
    same = jwt.encode(claims, secret, algorithm="HS256")
    _me(app, same).expect(
        200, because="this token holds your app's own claims, signed with SECRET_KEY and HS256"
    )
    changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(changed, secret, algorithm="HS256")


def _signed_by_another(rng, environment, token):
    """Sign the claims of a good token with a secret that is not the app's."""
    claims = _claims(token, environment["SECRET_KEY"])
    return jwt.encode(claims, _text(rng, 64), algorithm="HS256")


def _expired(app, rng, environment, token):
    """Return a good token whose exp was a while ago, and how many seconds."""
    seconds = rng.randint(SLACK_S + 10, 2 * SLACK_S)
    exp = int(time.time()) - seconds
    return _signed_again(app, environment, token, exp=exp), seconds


def _part(value):
    """Write a header or claims as a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


# ------------------------------------------------------------------------ 05.1 the secret


def _expect_refusal(fresh_app, secret, because):
    problem = fresh_app.expect_refusal(SECRET_KEY=secret, because=because)
    assert problem.kind in ("import_error", "startup_error", "exited"), (
        "Your app should raise an error when it starts without a good SECRET_KEY, "
        f"but this happened: {problem.message}"
    )
    assert "secret_key" in problem.message.lower(), (
        "The error that stops your app should name SECRET_KEY, so that whoever starts the server "
        f"knows what to set. What happened: {problem.message.splitlines()[0]}"
    )


@pytest.mark.step(1)
def test_refuses_without_secret(fresh_app):
    """Without SECRET_KEY the app refuses to start, and names the variable."""
    _expect_refusal(
        fresh_app, None, "The environment has no variable SECRET_KEY, so no token would be safe"
    )


@pytest.mark.step(1)
@pytest.mark.parametrize("length", [0, 8, SHORTEST_SECRET - 1], ids="{} characters".format)
def test_refuses_short_secret(fresh_app, rng, length):
    """With a SECRET_KEY of less than 32 characters the app refuses to start."""
    _expect_refusal(
        fresh_app,
        _text(rng, length),
        f"SECRET_KEY was a text of {length} characters, and 32 are the least",
    )


@pytest.mark.step(1)
@pytest.mark.parametrize("length", [SHORTEST_SECRET, 100], ids="{} characters".format)
def test_starts_with_good_secret(fresh_app, rng, length):
    """With a SECRET_KEY of 32 characters or more the app starts."""
    try:
        app = fresh_app(SECRET_KEY=_text(rng, length))
    except AssertionError as problem:
        raise AssertionError(
            f"{problem}\nSECRET_KEY was a text of {length} characters, which is long enough."
        ) from None
    app.get("/openapi.json").expect(200)


# ------------------------------------------------------------------------ 05.2 hashes only


@pytest.mark.step(2)
def test_opens_account(app, rng):
    """POST /accounts answers 201 with the account, and nothing of the password."""
    username = _username(rng)
    new = {"username": username, "password": _password(rng)}
    app.post("/accounts", json=new).expect(201, json=_shown(username))


@pytest.mark.step(2)
def test_taken_username(app, rng):
    """A username that is taken is refused with 409; nothing of its account changes."""
    username = _username(rng)
    new = {"username": username, "password": _password(rng)}
    app.post("/accounts", json=new).expect(201)
    before = _kept(app, username)
    app.post("/accounts", json=new | {"password": _password(rng)}).expect(
        409, because=f"there is an account {username} already"
    )
    assert _kept(app, username) == before, (
        f"A second POST /accounts with the username {username} was refused, and yet it has changed "
        "the password_hash of the account that has this name: now the first owner is locked out."
    )


@pytest.mark.step(2)
def test_stores_argon2id(app, rng):
    """What accounts.json holds of a password is an argon2id hash."""
    username, _ = _register(app, rng)
    kept = _kept(app, username)
    found = ARGON2ID.fullmatch(kept)
    assert found, (
        "The password_hash in accounts.json should be an argon2id hash, which begins with "
        f"$argon2id$, but is {kept!r}. PASSWORDS can make one."
    )
    assert int(found[1]) >= LEAST_MEMORY_KIB, (
        f"The hash was made with {found[1]} KiB of memory (the m= in it), and {LEAST_MEMORY_KIB} "
        "are the least: with less, a thief can try many passwords at once. Use PASSWORDS."
    )


@pytest.mark.step(2)
def test_password_is_nowhere(app, rng):
    """The password itself stands nowhere in accounts.json."""
    username, password = _register(app, rng)
    _kept(app, username)
    assert password[:12] not in app.file("accounts.json"), (
        f"accounts.json holds the password {password!r} of {username} as it was typed. "
        "Whoever copies the file can log in as everybody."
    )


@pytest.mark.step(2)
def test_same_password_other_hash(app, rng):
    """Two customers with the same password get different hashes."""
    password, names = _password(rng), (_username(rng), _username(rng))
    for name in names:
        app.post("/accounts", json={"username": name, "password": password}).expect(201)
    one, other = (_kept(app, name) for name in names)
    assert one != other, (
        f"{names[0]} and {names[1]} chose the same password, and accounts.json shows it: both have "
        f"the password_hash {one!r}. A hash needs a random salt; PASSWORDS.hash adds one."
    )


# ------------------------------------------------------------------------ 05.3 the login


def _expect_login(app, answer):
    body = _expect(app, answer, 200).json
    assert isinstance(body, dict) and set(body) == {"access_token", "token_type"}, (
        "POST /token should answer with exactly the fields access_token and token_type, "
        f"but sent {answer.text}."
    )
    assert body["token_type"] == "bearer", (
        f'token_type should be "bearer", but is {body["token_type"]!r}.'
    )
    assert isinstance(body["access_token"], str) and body["access_token"], (
        f"access_token should be the token as text, but is {body['access_token']!r}."
    )


@pytest.mark.step(3)
def test_customer_logs_in(app, rng):
    """A customer who opened an account gets a token for username and password."""
    _expect_login(app, _log_in(app, *_register(app, rng)))


@pytest.mark.step(3)
def test_olga_logs_in(app):
    """Olga gets a token: the hash in main.py fits her password."""
    _expect_login(app, _log_in(app, *OLGA))


@pytest.mark.step(3)
@pytest.mark.parametrize("kind", ["swapped case", "another's password", "the hash"])
def test_wrong_password(app, rng, kind):
    """A wrong password is refused with 401."""
    username, password, _ = _somebody(app, rng)
    wrong = {
        "swapped case": password.swapcase(),
        "another's password": OLGA[1],
        "the hash": _kept(app, username),
    }[kind]
    _expect_refused_login(
        app,
        _log_in(app, username, wrong),
        f"the password of {username} is {password!r}, and this was {wrong!r}",
    )


@pytest.mark.step(3)
def test_whole_password_counts(app, rng):
    """Of a password of 128 characters, the last one counts, too."""
    username, password = _username(rng), _text(rng, LONGEST_PASSWORD)
    app.post("/accounts", json={"username": username, "password": password}).expect(201)
    _expect(app, _log_in(app, username, password), 200)
    last = rng.choice(ALPHABET.replace(password[-1], ""))
    _expect_refused_login(
        app,
        _log_in(app, username, password[:-1] + last),
        f"the password of {username} has {LONGEST_PASSWORD} characters, and the last one was "
        "wrong: the hash must be made of all of them",
    )


def _expect_refused_login(app, answer, because):
    _expect(app, answer, 401, because)
    assert "access_token" not in answer.text, (
        f"A refused login should give no token, but the answer is {answer.text}."
    )


@pytest.mark.step(3)
def test_login_is_a_form(app, rng):
    """POST /token takes a form, as OAuth2 wants it, and no JSON."""
    username, password, _ = _somebody(app, rng)
    sent = {"grant_type": "password", "username": username, "password": password}
    answer = app.post("/token", json=sent)
    assert 400 <= answer.status < 500, (
        f"A login sent as JSON should be refused, but the answer is {answer.status}. OAuth2 logins "
        "are forms; OAuth2PasswordRequestForm reads nothing else."
    )


# ------------------------------------------------------------------------ 05.4 the token


@pytest.mark.step(4)
def test_token_ends(app, environment):
    """The claim exp lies 30 minutes ahead."""
    began = time.time()
    claims = _claims(_token(app, *OLGA), environment["SECRET_KEY"])
    exp = claims.get("exp")
    assert isinstance(exp, int | float), (
        "The token should have a claim exp, the time at which it ends, but its claims are "
        f"{claims}."
    )
    ahead = exp - began
    assert abs(ahead - LIFETIME_S) <= SLACK_S, (
        f"exp should lie 30 minutes ahead, but lies {ahead / 60:.0f} minutes ahead. "
        "timedelta(minutes=30) can be added to a datetime."
    )


@pytest.mark.step(4)
def test_token_is_signed(app, rng, environment):
    """The token is a JWT, signed with HS256 and the secret from the environment."""
    _claims(_somebody(app, rng)[2], environment["SECRET_KEY"])


@pytest.mark.step(4)
def test_secret_of_another_start(fresh_app, rng):
    """Started with another SECRET_KEY, the app signs with that one."""
    secret = _text(rng, rng.randint(40, 60))
    _claims(_token(fresh_app(SECRET_KEY=secret), *OLGA), secret)


@pytest.mark.step(4)
def test_token_names_the_account(app, rng, environment):
    """The claim sub is the username."""
    username, _, token = _somebody(app, rng)
    claims = _claims(token, environment["SECRET_KEY"])
    assert claims.get("sub") == username, (
        f'The claim sub should be the username, "{username}", but the claims are {claims}.'
    )


@pytest.mark.step(4)
def test_token_holds_no_secret(app, rng, environment):
    """Nothing of the password stands in the token, which anybody can read."""
    username, password, token = _somebody(app, rng)
    digest = _kept(app, username).split("$")[-1]
    _claims(token, environment["SECRET_KEY"])
    for part in token.split(".")[:2]:
        shown = base64.urlsafe_b64decode(part + "==").decode(errors="replace")
        for secret, what in [(password[:12], "password"), (digest, "hash of the password")]:
            assert secret not in shown, (
                f"The token holds the {what} of {username}: {shown}. Its parts are signed, not "
                "hidden, so everybody who sees the token can read them."
            )


@pytest.mark.step(4)
def test_exp_in_another_zone(fresh_app, environment):
    """The claim exp is right where the server's clock shows another time than UTC."""
    zone = "WEST+9"  # as POSIX counts, 9 hours behind; it needs no zone files
    app = fresh_app(TZ=zone)
    began = time.time()
    exp = _claims(_token(app, *OLGA), environment["SECRET_KEY"]).get("exp")
    wrong_by = (exp - began - LIFETIME_S) / 3600 if isinstance(exp, int | float) else None
    assert wrong_by is not None, "The token should have a claim exp, the time at which it ends."
    direction = "late" if wrong_by > 0 else "early"
    assert abs(wrong_by) <= SLACK_S / 3600, (
        f"On a server whose clock is 9 hours behind UTC (TZ={zone}), exp lies "
        f"{abs(wrong_by):.0f} hours too {direction}. A datetime without a time zone is taken for "
        "UTC; datetime.now(UTC) gives one that has a zone."
    )


@pytest.mark.step(4)
def test_no_deprecated_time(app, source):
    """The code calls no datetime.utcnow(), which Python has deprecated."""
    _olgas_token(app)
    for name, tree in source.trees():
        known_as = {"datetime"} | {
            alias.asname
            for found in ast.walk(tree)
            if isinstance(found, ast.ImportFrom) and found.module == "datetime"
            for alias in found.names
            if alias.name == "datetime" and alias.asname
        }
        for found in ast.walk(tree):
            if isinstance(found, ast.Attribute) and found.attr in ("utcnow", "utcfromtimestamp"):
                assert ast.unparse(found.value).split(".")[-1] not in known_as, (
                    f"{name}, line {found.lineno} uses {ast.unparse(found)}, which Python has "
                    "deprecated: the time that it gives does not know its zone. datetime.now(UTC) "
                    "gives one that does."
                )


# ------------------------------------------------------------------------ 05.5 strangers


@pytest.mark.step(5)
def test_unknown_user_is_answered_alike(app, rng):
    """An unknown username and a wrong password get the same answer."""
    username, _, _ = _somebody(app, rng)
    unknown_name, wrong_password = _username(rng), _password(rng)
    wrong = _log_in(app, username, wrong_password)
    _expect_401(app, wrong, "the password is wrong")
    unknown = _log_in(app, unknown_name, wrong_password)
    _expect_401(app, unknown, f"there is no account {unknown_name}")
    assert unknown.text == wrong.text, (
        f"A wrong password is answered with {wrong.text}, an unknown username with {unknown.text}. "
        "Whoever compares them learns which usernames exist: say the same both times."
    )


# ------------------------------------------------------------------------ 05.6 /me


@pytest.mark.step(6)
def test_me_shows_the_account(app, rng):
    """GET /me shows the account that the token was made for."""
    first = _register(app, rng)
    people = [(first[0], _token(app, *first)), _somebody(app, rng)[::2]]
    for username, token in people:
        _expect(
            app,
            _me(app, token),
            200,
            f"the token is the one that {username} got",
            json=_shown(username),
        )


@pytest.mark.step(6)
def test_me_shows_olga(app):
    """GET /me shows Olga as staff."""
    _expect(app, _me(app, _olgas_token(app)), 200, json=_shown("olga", role="staff"))


@pytest.mark.step(6)
def test_me_needs_a_token(app):
    """GET /me without a token answers 401 with WWW-Authenticate: Bearer."""
    _expect(app, _me(app, _olgas_token(app)), 200)
    _expect_401(app, app.get("/me"), "no token was sent, so nobody has shown who they are")


# ------------------------------------------------------------------------ 05.7 forged tokens


@pytest.mark.step(7)
@pytest.mark.parametrize("nonsense", ["hello", "a.b.c", "e30.e30."])
def test_nonsense_token(app, rng, nonsense):
    """A token that is no JWT is refused."""
    _me(app, _somebody(app, rng)[2]).expect(200)
    _expect_401(app, _me(app, nonsense), f"{nonsense!r} is no JWT")


@pytest.mark.step(7)
def test_tampered_claims(app, rng, environment):
    """A token whose claims were changed after it was signed is refused."""
    token = _somebody(app, rng)[2]
    claims = _claims(token, environment["SECRET_KEY"])
    _me(app, token).expect(200)
    head, _, signature = token.split(".")
    changed = ".".join([head, _part(claims | {"sub": OLGA[0]}), signature])
    _expect_401(
        app, _me(app, changed), "its sub was changed to olga, and the signature no longer fits"
    )


@pytest.mark.step(7)
def test_tampered_signature(app, rng):
    """A token whose signature was changed is refused."""
    token = _somebody(app, rng)[2]
    _me(app, token).expect(200)
    head, claims, signature = token.split(".")
    place = rng.randrange(len(signature) - 2)
    other = "B" if signature[place] == "A" else "A"
    changed = signature[:place] + other + signature[place + 1 :]
    _expect_401(
        app, _me(app, f"{head}.{claims}.{changed}"), "one character of the signature was changed"
    )


@pytest.mark.step(7)
def test_wrong_secret(app, rng, environment):
    """A token that was signed with another secret is refused."""
    token = _somebody(app, rng)[2]
    _me(app, token).expect(200)
    forged = _signed_by_another(rng, environment, token)
    _expect_401(app, _me(app, forged), "it was signed with another secret than SECRET_KEY")


@pytest.mark.step(7)
@pytest.mark.parametrize("name", ["none", "None"])
def test_alg_none(app, rng, environment, name):
    """A token without a signature, which says "alg": "none", is refused."""
    token = _somebody(app, rng)[2]
    claims = _claims(token, environment["SECRET_KEY"])
    _me(app, token).expect(200)
    unsigned = ".".join([_part({"alg": name, "typ": "JWT"}), _part(claims), ""])
    _expect_401(
        app,
        _me(app, unsigned),
        f'its header says "alg": "{name}" and it has no signature: anybody can write that',
    )


@pytest.mark.step(7)
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_other_algorithm(app, rng, environment, algorithm):
    """A token that was signed with another algorithm than HS256 is refused."""
    token = _somebody(app, rng)[2]
    secret = environment["SECRET_KEY"]
    claims = _claims(token, secret)
    _me(app, token).expect(200)
    signed = jwt.encode(claims, secret, algorithm=algorithm)
    _expect_401(
        app, _me(app, signed), f"it was signed with {algorithm}; only your app chooses, not it"
    )


# ------------------------------------------------------------------------ 05.8 expired tokens


@pytest.mark.step(8)
def test_expired(app, rng, environment):
    """A token whose exp was more than a minute ago is refused."""
    token = _somebody(app, rng)[2]
    expired, seconds = _expired(app, rng, environment, token)
    _expect_401(app, _me(app, expired), f"its exp was {seconds} seconds ago")


@pytest.mark.step(8)
def test_without_end(app, rng, environment):
    """A token without exp is refused."""
    token = _somebody(app, rng)[2]
    endless = _signed_again(app, environment, token, exp=None)
    _expect_401(app, _me(app, endless), "it has no exp, so it would be good for ever")


@pytest.mark.step(8)
def test_without_name(app, rng, environment):
    """A token without sub is refused."""
    token = _somebody(app, rng)[2]
    nameless = _signed_again(app, environment, token, sub=None)
    _expect_401(app, _me(app, nameless), "it has no sub, so it names nobody")


@pytest.mark.step(8)
def test_name_without_account(app, rng, environment):
    """A token whose sub has no account is refused."""
    token = _somebody(app, rng)[2]
    nobody = _username(rng)
    orphan = _signed_again(app, environment, token, sub=nobody)
    _expect_401(app, _me(app, orphan), f"its sub is {nobody}, and there is no such account")


# ------------------------------------------------------------------------ 05.9 the docs


def _password_schemes(document):
    """Return name and tokenUrl of the schemes that log in with a password."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    return {
        name: scheme["flows"]["password"].get("tokenUrl", "")
        for name, scheme in schemes.items()
        if scheme.get("type") == "oauth2" and "password" in scheme.get("flows", {})
    }


def _protected(app, method, path):
    """Whether the docs mark an operation as protected by a password scheme."""
    document = app.openapi()
    asked = app.operation(method, path).get("security", document.get("security", []))
    return {} not in asked and any(set(_password_schemes(document)) & set(one) for one in asked)


def _expect_protected(app, method, path):
    assert _protected(app, method, path), (
        f"The docs should mark {method.upper()} {path} as protected by the OAuth2 password scheme, "
        "but do not. It shows when the operation depends, directly or not, on an "
        "OAuth2PasswordBearer."
    )


@pytest.mark.step(9)
def test_authorize_button(app):
    """The docs have an Authorize button that logs in at /token."""
    app.get("/docs").expect(200)
    document = app.openapi()
    schemes = _password_schemes(document)
    assert schemes, (
        "OpenAPI should describe a security scheme of type oauth2 with a password flow, but its "
        f"schemes are {document.get('components', {}).get('securitySchemes', {})}. An "
        "OAuth2PasswordBearer on which an operation depends describes one."
    )
    for address in schemes.values():
        assert urlsplit(urljoin("http://127.0.0.1:8000/", address)).path == "/token", (
            f"The tokenUrl should lead to /token, but is {address!r}: the Authorize button would "
            "send the password there."
        )


@pytest.mark.step(9)
def test_me_is_marked(app):
    """The docs mark GET /me as protected."""
    _expect_protected(app, "get", "/me")


@pytest.mark.step(9)
@pytest.mark.parametrize("path", ["/token", "/accounts"], ids="POST {}".format)
def test_way_in_is_open(app, path):
    """The docs mark neither POST /token nor POST /accounts as protected."""
    _expect_protected(app, "get", "/me")
    assert not _protected(app, "post", path), (
        f"The docs mark POST {path} as protected, but who has no account yet has no token. "
        "Does the whole app depend on the token?"
    )


# ------------------------------------------------------------------------ 05.10 staff


def _staff(app):
    return _bearer(_olgas_token(app))


@pytest.mark.step(10)
def test_staff_operations_need_a_token(app, rng):
    """GET and PATCH of accounts answer 401 without a token."""
    username, _ = _register(app, rng)
    _expect(app, app.get("/accounts", **_staff(app)), 200)
    _expect_401(app, app.get("/accounts"), "no token was sent")
    change = app.patch(f"/accounts/{username}", json={"role": "staff"})
    _expect_401(app, change, "no token was sent")


def _staff_operations(app, username, token):
    """Send the requests that only staff may, one by one; the change is to make somebody staff.

    Each is sent when the one before it has been judged.
    """
    yield app.get("/accounts", **_bearer(token))
    yield app.patch(f"/accounts/{username}", json={"role": "staff"}, **_bearer(token))


@pytest.mark.step(10)
@pytest.mark.parametrize("kind", ["forged", "expired", "no JWT"])
def test_staff_operations_refuse_bad_tokens(app, rng, environment, kind):
    """GET and PATCH of accounts answer 401 to a token that GET /me refuses."""
    token = _olgas_token(app)
    _expect(app, app.get("/accounts", **_bearer(token)), 200)
    bad, because = {
        "forged": lambda: (
            _signed_by_another(rng, environment, token),
            "the token names olga, but was signed with another secret than SECRET_KEY",
        ),
        "expired": lambda: (
            _expired(app, rng, environment, token)[0],
            "the token is one of olga's, but has expired",
        ),
        "no JWT": lambda: (_text(rng, 20), "the token is no JWT"),
    }[kind]()
    for answer in _staff_operations(app, "olga", bad):
        _expect_401(app, answer, because)


@pytest.mark.step(10)
def test_customers_may_not_list(app, rng):
    """GET /accounts answers 403 to a customer."""
    customer = _somebody(app, rng)[2]
    app.get("/accounts", **_staff(app)).expect(200)
    answer = app.get("/accounts", **_bearer(customer))
    _expect(app, answer, 403, "the token is good, but it is a customer's")


@pytest.mark.step(10)
def test_customers_may_not_change(app, rng):
    """PATCH answers 403 to a customer, and changes nothing."""
    username, password = _register(app, rng)
    answer = app.patch(
        f"/accounts/{username}", json={"role": "staff"}, **_bearer(_token(app, username, password))
    )
    _expect(app, answer, 403, "a customer tried to become staff")
    accounts = app.get("/accounts", **_staff(app)).expect(200).json
    role = next((one["role"] for one in accounts if one["username"] == username), "missing")
    assert role == "customer", (
        f"The change of {username} was refused with 403, but was made nevertheless: the role is "
        f"now {role!r}. Refuse before anything is done: a dependency runs before the function."
    )


@pytest.mark.step(10)
def test_staff_lists_all(app, rng):
    """GET /accounts lists all accounts for staff, without their hashes."""
    names = [_register(app, rng)[0] for _ in range(2)]
    accounts = app.get("/accounts", **_staff(app)).expect(200).json
    for wanted in [*map(_shown, names), _shown("olga", role="staff")]:
        name = wanted["username"]
        found = [one for one in accounts if one["username"] == name]
        assert found, (
            f"GET /accounts should list the account of {name} among the others, but does not. "
            f"It lists {len(accounts)} accounts."
        )
        assert "password_hash" not in found[0], (
            f"GET /accounts lists {name} with password_hash, which must not be shown: a "
            "response_model of list[ShownAccount] keeps it back."
        )
        assert found == [wanted], (
            f"GET /accounts should list {name} as {json.dumps(wanted)}, but lists "
            f"{', '.join(map(json.dumps, found))}."
        )


@pytest.mark.step(10)
def test_staff_makes_staff(app, rng):
    """Staff may make a customer staff, who may do the same from the next login on."""
    (first, password), (second, _) = _register(app, rng), _register(app, rng)
    app.patch(f"/accounts/{first}", json={"role": "staff"}, **_staff(app)).expect(
        200, json=_shown(first, role="staff")
    )
    promoted = _bearer(_token(app, first, password))
    app.get("/accounts", **promoted).expect(200, because=f"{first} is now one of the staff")
    app.patch(f"/accounts/{second}", json={"role": "staff"}, **promoted).expect(
        200,
        json=_shown(second, role="staff"),
        because=f"{first} is now one of the staff",
    )


@pytest.mark.step(10)
def test_change_of_a_missing_account(app, rng):
    """A change of an account that is not there answers 404 to staff."""
    username, _ = _register(app, rng)
    change = {"role": "staff"}
    app.patch(f"/accounts/{username}", json=change, **_staff(app)).expect(200)
    app.patch(f"/accounts/{_username(rng)}", json=change, **_staff(app)).expect(
        404, because="there is no account of that name"
    )


@pytest.mark.step(10)
def test_staff_no_longer(app, rng):
    """Whose role staff is taken away gets 403 at the next request, with the token of before."""
    username, password = _register(app, rng)
    app.patch(f"/accounts/{username}", json={"role": "staff"}, **_staff(app)).expect(200)
    token = _token(app, username, password)
    app.get("/accounts", **_bearer(token)).expect(200, because=f"{username} is one of the staff")
    app.patch(f"/accounts/{username}", json={"role": "customer"}, **_staff(app)).expect(
        200, json=_shown(username)
    )
    for answer in _staff_operations(app, username, token):
        _expect(
            app,
            answer,
            403,
            f"the role staff was taken from {username} after the token was made: the account "
            "knows, the token does not",
        )


@pytest.mark.step(10)
@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/accounts"), ("patch", "/accounts/{username}")],
    ids=["GET", "PATCH"],
)
def test_staff_operations_are_marked(app, method, path):
    """The docs mark both operations for staff as protected."""
    _expect_protected(app, method, path)


# ------------------------------------------------------------------------ 05.11 closed accounts


def _disable(app, username, disabled):
    app.patch(f"/accounts/{username}", json={"disabled": disabled}, **_staff(app)).expect(
        200, json=_shown(username, disabled=disabled)
    )


@pytest.mark.step(11)
def test_old_token_of_disabled_account(app, rng):
    """The token of a disabled account is refused at once."""
    username, password = _register(app, rng)
    token = _token(app, username, password)
    _me(app, token).expect(200)
    _disable(app, username, True)
    _expect_401(app, _me(app, token), f"staff have disabled {username} since the token was made")


@pytest.mark.step(11)
def test_old_token_of_disabled_staff(app, rng):
    """The token of a disabled staff account opens nothing that is for staff."""
    username, password = _register(app, rng)
    app.patch(f"/accounts/{username}", json={"role": "staff"}, **_staff(app)).expect(200)
    token = _token(app, username, password)
    app.get("/accounts", **_bearer(token)).expect(200)
    answer = app.patch(f"/accounts/{username}", json={"disabled": True}, **_staff(app))
    answer.expect(200, json=_shown(username, role="staff", disabled=True))
    for answer in _staff_operations(app, username, token):
        _expect_401(app, answer, f"staff have disabled {username} since the token was made")


@pytest.mark.step(11)
def test_login_of_disabled_account(app, rng):
    """A disabled account can't log in, and the answer is that to a wrong password."""
    username, password = _register(app, rng)
    _log_in(app, username, password).expect(200)
    wrong = _log_in(app, username, _password(rng)).expect(401)
    _disable(app, username, True)
    right = _log_in(app, username, password)
    _expect_401(app, right, f"staff have disabled {username}")
    assert right.text == wrong.text, (
        f"A wrong password is answered with {wrong.text}, the right one of a disabled account with "
        f"{right.text}: say the same both times."
    )


@pytest.mark.step(11)
def test_enabled_again(app, rng):
    """An account that is enabled again can log in again."""
    username, password = _register(app, rng)
    _disable(app, username, True)
    _log_in(app, username, password).expect(401, because=f"staff have disabled {username}")
    _disable(app, username, False)
    _me(app, _token(app, username, password)).expect(200, json=_shown(username))
