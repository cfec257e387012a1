"""Lesson 07: the live order board."""

import itertools
import json
import threading
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

pytestmark = pytest.mark.lesson("07")

MAX_TEXT = 4000
HISTORY_SIZE = 10
QUEUE_SIZE = 100
LONG = 100
"""Characters of a text that a message shows in full."""
STATUSES = ("new", "packed", "shipped")
ORDERS = {1: "packing", 2: "packing", 3: "desk", 4: "desk", 5: "van", 6: "van"}
IN_THE_PIPES = 300
"""Notes of 4 KB that may be on the wire, beyond what waits in the app: generous on purpose."""
BURST = 10
"""Notes sent before the quick reader is waited for: far fewer than may wait for it."""


@pytest.fixture
def follow(environment):
    """Open a WebSocket to a board, with the right token."""

    def open_(app, board, **how):
        params = {"token": environment["BOARD_TOKEN"]}
        return app.websocket(f"/boards/{board}", params=params, **how)

    return open_


@pytest.fixture
def make_text(rng):
    """Make texts that no two notes share."""
    made = iter(range(10**6))
    words = ["parcel", "Rome", "tape", "Zoë", "crate", "stamp", "書"]

    def make(length=None, fill="x"):
        text = f"{next(made)} {rng.choice(words)} {rng.randrange(10**9)}"
        return text if length is None else text.ljust(length, fill)

    return make


@pytest.fixture
def board_name(rng):
    """Make the name of a board that nobody else uses."""
    return lambda: f"board-{rng.randrange(10**9)}"


def receive(socket, kind, awaited=None, who="A client"):
    """Return the next message of a kind; other kinds that a board sends are passed over."""
    for _ in range(200):
        try:
            message = socket.receive_json()
        except AssertionError as error:
            raise AssertionError(
                f"{who} should get {awaited or f'a message of type {kind}'}, but does not.\n{error}"
            ) from None
        assert isinstance(message, dict) and "type" in message, (
            f"{socket.line} should send JSON objects with a `type`, but sent {brief(message)}."
        )
        if message["type"] == kind:
            return message
        assert message["type"] in {"history", "presence", "note", "order"} - {kind}, (
            f"{socket.line} should send {awaited or f'a message of type {kind}'}, "
            f"but sent {brief(message)}."
        )
    raise AssertionError(f"{socket.line} sent 200 messages, and none is of type {kind}.")


def heard(socket, last, who="A client"):
    """Return the texts of the notes that a client gets, up to the text `last`."""
    texts = []
    while not texts or texts[-1] != last:
        note = receive(socket, "note", f"the note with the text {shown(last)}", who)
        texts.append(note.get("text"))
    return texts


def come(socket, text):
    """Wait until a client is on its board: its own note has come back."""
    socket.send_json({"text": text})
    heard(socket, text)


def shown(text):
    """Cut a long text for a message."""
    return repr(text) if len(text) <= LONG else f"{text[:40]!r}... ({len(text)} characters)"


def brief(message):
    """Show a message of the app; a long text in it is cut."""
    if isinstance(message, dict):
        return repr({k: v[:40] + "..." if len(str(v)) > LONG and isinstance(v, str) else v
                     for k, v in message.items()})  # fmt: skip
    return repr(message)[:200]


def leave(socket, goodbye):
    """Let a client leave, with a close frame or without."""
    if goodbye:
        socket.close()
    else:
        socket.vanish()


@contextmanager
def who_ended_it(app):
    """Say more, if the app has ended a conversation although nothing was raised."""
    try:
        yield
    except AssertionError as error:
        if "without a close frame" not in str(error) or app.exceptions():
            raise
        raise AssertionError(
            f"{error}\nNothing was raised, so your function returned: "
            "does a failed send to another client end it?"
        ) from None


def nothing_raised(app, when):
    """Demand that no exception has reached the server."""
    raised = app.exceptions()
    assert not raised, (
        f"Your function should end quietly {when}, but an exception reached the server: "
        f"{raised[0].type}."
    )


# --------------------------------------------------------------------------------- 1 and 2: echo


@pytest.mark.step(1)
def test_echo(app, make_text):
    """Every text comes back as it is, several times, and an empty one too."""
    with app.websocket("/echo") as socket:
        for text in (make_text(), make_text(), "", make_text(), f"{make_text()}\n{make_text()}"):
            socket.send_text(text)
            socket.expect_text(text)


@pytest.mark.step(1)
def test_echo_for_two(app, make_text):
    """Two clients at the same time each get their own texts back."""
    with app.websocket("/echo") as one, app.websocket("/echo") as other:
        first, second = make_text(), make_text()
        one.send_text(first)
        other.send_text(second)
        other.expect_text(second)
        one.expect_text(first, because="each client talks to a run of your function of its own")


@pytest.mark.step(2)
@pytest.mark.parametrize("goodbye", [True, False], ids=["with a goodbye", "without one"])
def test_echo_ends_quietly(fresh_app, make_text, goodbye):
    """A client leaves, with a goodbye or without, and nothing is raised."""
    app = fresh_app()
    for _ in range(3):
        with app.websocket("/echo") as socket:
            text = make_text()
            socket.send_text(text)
            socket.expect_text(text)
            leave(socket, goodbye)
    with app.websocket("/echo") as socket:  # and others are still served
        socket.send_text("still there?")
        socket.expect_text("still there?")
    nothing_raised(app, "when its client leaves")


@pytest.mark.step(2)
@pytest.mark.parametrize("goodbye", [True, False], ids=["with a goodbye", "without one"])
def test_echo_ends_quietly_with_texts_on_the_way(fresh_app, make_text, rng, goodbye):
    """A client sends texts and leaves without reading, and nothing is raised."""
    app = fresh_app()
    for _ in range(6):
        with app.websocket("/echo") as socket:
            for _ in range(rng.randint(20, 60)):
                socket.send_text(make_text())
            leave(socket, goodbye)
    with app.websocket("/echo") as socket:
        socket.send_text("still there?")
        socket.expect_text("still there?")
    nothing_raised(
        app, "when its client leaves before it has read all (a send raises then, as a receive does)"
    )


# ------------------------------------------------------------------------------ 3 and 4: messages


@pytest.mark.step(3)
def test_note_comes_back(app, follow, board_name, make_text):
    """A note comes back with its type and its board."""
    board = board_name()
    with follow(app, board) as socket:
        for urgent in (True, False):
            text = make_text()
            socket.send_json({"text": text, "urgent": urgent})
            note = receive(socket, "note")
            wanted = {"type": "note", "board": board, "text": text, "urgent": urgent}
            assert note == wanted, f"The note should come back as {wanted}, but came as {note}."


@pytest.mark.step(3)
def test_urgent_may_be_left_out(app, follow, board_name, make_text):
    """A note without `urgent` is not urgent."""
    board = board_name()
    with follow(app, board) as socket:
        text = make_text()
        socket.send_json({"text": text})
        note = receive(socket, "note")
        wanted = {"type": "note", "board": board, "text": text, "urgent": False}
        assert note == wanted, f"The note should come back as {wanted}, but came as {note}."


@pytest.mark.step(3)
def test_longest_and_shortest_text(app, follow, board_name, make_text):
    """Texts of 1 and of 4000 characters are notes."""
    with follow(app, board_name()) as socket:
        for text in ("!", make_text(MAX_TEXT), make_text(MAX_TEXT, "書")):
            socket.send_json({"text": text})
            note = receive(socket, "note", f"the note with a text of {len(text)} characters")
            assert note.get("text") == text, (
                f"A text of {len(text)} characters should come back, but {brief(note)} came."
            )


def bad_messages(make_text):
    """Return messages that are no notes, each with what is wrong with it."""
    return [
        ("text that is no JSON", make_text()),
        ("JSON that is cut off", '{"text": "Tape'),
        ("a JSON list", json.dumps([make_text()])),
        ("a JSON number", "7"),
        ("a note without text", json.dumps({"urgent": True})),
        ("a note with an empty text", json.dumps({"text": ""})),
        ("a note with a text of 4001 characters", json.dumps({"text": make_text(MAX_TEXT + 1)})),
        ("a note whose text is a number", json.dumps({"text": 7})),
        ("a note whose urgent is 'perhaps'", json.dumps({"text": "!", "urgent": "perhaps"})),
    ]


def expect_error(socket, what):
    """Demand an answer of type error that says something."""
    what = what[0].upper() + what[1:]
    try:
        error = socket.receive_json()
        while isinstance(error, dict) and error.get("type") in ("history", "presence"):
            error = socket.receive_json()
    except AssertionError as failure:
        raise AssertionError(f"{what} should be answered with an error.\n{failure}") from None
    assert isinstance(error, dict) and error.get("type") == "error", (
        f"{what} should be answered with a message of type error, but the app sent {brief(error)}."
    )
    assert error.get("detail"), f"The error should say in `detail` what is wrong, but is {error}."


@pytest.mark.step(4)
def test_bad_message_is_answered(app, follow, board_name, make_text, rng):
    """What is no note is answered with an error."""
    bad = bad_messages(make_text)
    for what, message in rng.sample(bad, len(bad)):
        with follow(app, board_name()) as socket:
            socket.send_text(message)
            expect_error(socket, what)


@pytest.mark.step(4)
def test_bad_messages_are_survived(app, follow, board_name, make_text, rng):
    """After any number of bad messages, a good one is a note."""
    bad = bad_messages(make_text)
    with follow(app, board_name()) as socket:
        for what, message in rng.sample(bad, len(bad)):
            socket.send_text(message)
            expect_error(socket, what)
            text = make_text()
            socket.send_json({"text": text})
            note = receive(socket, "note", f"its good note, which came after {what}")
            assert note.get("text") == text, (
                f"After {what}, the good note should come back, but {note} came."
            )


# ---------------------------------------------------------------------------- 5 and 6: the boards


@pytest.mark.step(5)
def test_everybody_on_the_board_gets_it_once(app, follow, board_name, make_text, rng):
    """Everybody on the board gets a note once, its sender too."""
    board = board_name()
    with ExitStack() as stack:
        clients = [stack.enter_context(follow(app, board)) for _ in range(rng.randint(3, 5))]
        for client in clients:
            come(client, make_text())
        first, second = make_text(), make_text()
        sender = rng.choice(clients)
        sender.send_json({"text": first, "urgent": True})
        sender.send_json({"text": second})
        for client in clients:
            heard(client, first)
            found = heard(client, second)
            assert found == [second], (
                f"After the note {first!r}, everybody should get {second!r}, "
                f"but one got {found}: each note goes to each client once."
            )


@pytest.mark.step(5)
def test_other_boards_do_not_get_it(app, follow, board_name, make_text):
    """Clients on another board do not get it."""
    with follow(app, board_name()) as here, follow(app, board_name()) as there:
        come(there, make_text())
        for _ in range(3):
            come(here, make_text())  # has been sent to everybody who is to get it
        own = make_text()
        there.send_json({"text": own})
        found = heard(there, own)
        assert found == [own], (
            f"A client should get only the notes of its own board, but got {found[:-1]}, "
            "written on another."
        )


@pytest.mark.step(5)
def test_boards_that_differ_in_case(app, follow, board_name, make_text):
    """Two names that differ in their case only are two boards."""
    board = board_name()
    with follow(app, board) as here, follow(app, board.swapcase()) as there:
        come(there, make_text())
        come(here, make_text())
        own = make_text()
        there.send_json({"text": own})
        found = heard(there, own)
        assert found == [own], (
            f"{board} and {board.swapcase()} are two boards, for any name is one, "
            f"but a note of the one came to the other: {found[:-1]}."
        )


@pytest.mark.step(5)
def test_error_goes_to_its_sender_alone(app, follow, board_name, make_text):
    """An error goes to nobody but the client that sent the bad message."""
    board = board_name()
    with follow(app, board) as careless, follow(app, board) as other:
        come(careless, make_text())
        come(other, make_text())
        careless.send_text("no JSON")
        text = make_text()
        careless.send_json({"text": text})
        assert "error" in heard_kinds(careless, text), (
            "The sender of a bad message should get an error."
        )
        assert "error" not in heard_kinds(other, text), (
            "An error should go to the client that sent the bad message, "
            "but another client of the board got one, too."
        )


def heard_kinds(socket, last):
    """Return the types of all messages up to the note with the text `last`."""
    kinds = []
    for _ in range(200):
        message = socket.receive_json()
        kinds.append(message.get("type"))
        if message.get("text") == last:
            break
    return kinds


@pytest.mark.step(6)
@pytest.mark.parametrize("goodbye", [True, False], ids=["with a goodbye", "without one"])
def test_the_rest_go_on(fresh_app, follow, board_name, make_text, rng, goodbye):
    """Clients leave, with a goodbye or without, and the others get every note."""
    app = fresh_app()
    board = board_name()
    with ExitStack() as stack:
        staying, leaving = (
            [stack.enter_context(follow(app, board)) for _ in range(n)] for n in (2, 3)
        )
        for client in rng.sample(staying + leaving, 5):
            come(client, make_text())
        for client in leaving:
            leave(client, goodbye)
        first, second = staying
        with who_ended_it(app):
            for sender in (*staying, *staying):
                text = make_text()
                sender.send_json({"text": text})
                heard(first, text, "The first of the two clients that stay")
                heard(second, text, "The second of the two clients that stay (the first got it)")
    nothing_raised(app, "when clients leave a board")


@pytest.mark.step(6)
def test_leaving_at_that_moment(fresh_app, follow, board_name, make_text, rng):
    """Clients leave at the moment in which notes are sent, and the others get every note."""
    app = fresh_app()
    board = board_name()
    with ExitStack() as stack:
        sender, reader = (stack.enter_context(follow(app, board)) for _ in range(2))
        come(sender, make_text())
        come(reader, make_text())
        for _ in range(8):
            leaving = [stack.enter_context(follow(app, board)) for _ in range(4)]
            for client in leaving:
                come(client, make_text())
            texts = [make_text() for _ in range(6)]
            moment = rng.choice(texts)
            for text in texts:
                if text == moment:
                    for client in leaving:
                        client.vanish()
                with who_ended_it(app):
                    sender.send_json({"text": text})
            for client, who in (
                (sender, "The client that writes"),
                (reader, "The client that only reads (the one that writes got it)"),
            ):
                with who_ended_it(app):
                    found = [text for text in heard(client, texts[-1], who) if text in texts]
                assert found == texts, (
                    f"A client that stays should get the {len(texts)} notes in their order, "
                    f"but got {found}."
                )
    nothing_raised(app, "when clients leave while a note is sent")


@pytest.mark.step(6)
@pytest.mark.parametrize("goodbye", [True, False], ids=["with a goodbye", "without one"])
def test_writers_leave(fresh_app, follow, board_name, make_text, rng, goodbye):
    """Clients write notes and leave at once, and nothing is raised."""
    app = fresh_app()
    board = board_name()
    with follow(app, board) as staying:
        come(staying, make_text())
        for number in rng.sample(range(1, 21), 8):
            with follow(app, board) as writer:
                for _ in range(number):
                    writer.send_json({"text": make_text()})
                leave(writer, goodbye)
            with who_ended_it(app):
                come(staying, make_text())
    nothing_raised(
        app,
        "when a client leaves right after it has written "
        "(the send of its own note to it fails, and then the next receive raises, too)",
    )


@pytest.mark.step(6)
def test_writers_leave_a_busy_board(fresh_app, follow, board_name):
    """Clients write notes and leave at once, while others write, and nothing is raised."""
    app = fresh_app()
    board = board_name()
    all_left = threading.Event()

    def write_on(socket, name):
        for number in itertools.count():
            if all_left.is_set():
                return
            texts = [f"{name} {number}.{place}" for place in range(3)]
            for text in texts:
                socket.send_json({"text": text})
            heard(socket, texts[-1])

    def write_and_leave():
        try:
            for _ in range(80):
                with follow(app, board) as writer:
                    for place in range(6):
                        writer.send_json({"text": f"leaving {place}"})
                    writer.close()
        finally:
            all_left.set()

    with ExitStack() as stack, who_ended_it(app):
        staying = {
            name: stack.enter_context(follow(app, board)) for name in ("desk", "van", "till")
        }
        writing = [partial(write_on, socket, name) for name, socket in staying.items()]
        app.at_once(*writing, write_and_leave)
    nothing_raised(
        app,
        "when a client leaves right after it has written, while others write "
        "(the send of a note to it fails, and then the next receive raises, too)",
    )


# ---------------------------------------------------------------------------------- 7: the token


@pytest.mark.step(7)
@pytest.mark.parametrize("wrong", ["other", "none", "longer", "empty", "not ASCII"])
def test_without_the_token(app, follow, board_name, environment, rng, wrong):
    """A WebSocket with the token is accepted; with another or none it is refused."""
    board = board_name()
    token = environment["BOARD_TOKEN"]
    with follow(app, board):
        pass
    params = {
        "other": {"token": f"{rng.getrandbits(256):064x}"},
        "none": {},
        "longer": {"token": token + "0"},
        "empty": {"token": ""},
        "not ASCII": {"token": rng.choice("üé書")},
    }[wrong]
    app.websocket_refusal(f"/boards/{board}", params=params, or_closed=1008).expect(
        403, because="only who has the token may see a board"
    )


# -------------------------------------------------------------------- 8 and 9: history, presence


def first_message(socket):
    """Return the notes of the history, which must come first."""
    first = socket.receive_json()
    assert isinstance(first, dict) and first.get("type") == "history", (
        f"The first message on a board should be its history, but the app sent {first!r}."
    )
    notes = first.get("notes")
    assert isinstance(notes, list), f"The history should have a list `notes`, but is {first}."
    return notes


def write(socket, board, texts, rng):
    """Write notes on a board, and return them as the others see them."""
    notes = []
    for text in texts:
        note = {"text": text, "urgent": rng.random() < 0.5}
        socket.send_json(note)
        notes.append({"type": "note", "board": board, **note})
    heard(socket, texts[-1])
    return notes


def compare_history(found, wanted):
    """Demand that a history is right."""
    texts = [note.get("text") if isinstance(note, dict) else note for note in found]
    wanted_texts = [note["text"] for note in wanted]
    assert texts == wanted_texts, (
        f"The history should hold the notes {wanted_texts}, but holds {texts}: "
        f"the board's own last {HISTORY_SIZE} notes, the oldest first."
    )
    assert found == wanted, (
        f"Each note of the history should be as it was sent, such as {wanted[-1]}, "
        f"but is {brief(found[-1])}."
    )


@pytest.mark.step(8)
def test_history_is_empty_at_first(app, follow, board_name):
    """On a new board, the first message is an empty history."""
    with follow(app, board_name()) as socket:
        compare_history(first_message(socket), [])


@pytest.mark.step(8)
def test_newcomer_gets_the_history(app, follow, board_name, make_text, rng):
    """A newcomer gets the notes so far, the oldest first."""
    board = board_name()
    with follow(app, board) as writer:
        notes = write(writer, board, [make_text() for _ in range(rng.randint(3, 9))], rng)
        with follow(app, board) as newcomer:
            compare_history(first_message(newcomer), notes)


@pytest.mark.step(8)
def test_history_is_bounded(app, follow, board_name, make_text, rng):
    """Of many notes, the history holds the last 10."""
    board = board_name()
    with follow(app, board) as writer:
        notes = write(writer, board, [make_text() for _ in range(rng.randint(13, 25))], rng)
        with follow(app, board) as newcomer:
            compare_history(first_message(newcomer), notes[-HISTORY_SIZE:])


@pytest.mark.step(8)
def test_history_stays_and_is_the_boards_own(app, follow, board_name, make_text, rng):
    """Each board has its own history, also when its writer has left."""
    board, other = board_name(), board_name()
    with follow(app, board) as writer:
        notes = write(writer, board, [make_text() for _ in range(3)], rng)
    with follow(app, other) as newcomer:
        compare_history(first_message(newcomer), [])
    with follow(app, board) as newcomer:
        compare_history(first_message(newcomer), notes)


@pytest.mark.step(8)
def test_history_holds_notes_only(fresh_app, follow, make_text, rng):
    """Only notes are in the history, no news of an order."""
    app = fresh_app()
    order_id = rng.choice(sorted(ORDERS))
    board = ORDERS[order_id]
    with follow(app, board) as writer:
        notes = write(writer, board, [make_text() for _ in range(3)], rng)
        app.patch(f"/orders/{order_id}", json={"status": "packed"})  # step 10, if it is there
        with follow(app, board) as newcomer:
            compare_history(first_message(newcomer), notes)


class Counts:
    """Follows the presence messages that one client gets."""

    def __init__(self, socket):
        self.socket = socket
        self.last = None

    def expect(self, count, when):
        """Demand that the next count is this; to hear the last one again does no harm."""
        for _ in range(20):
            message = receive(
                self.socket, "presence", f"a message of type presence with count {count}, {when}"
            )
            found = message.get("count")
            if found == count:
                self.last = count
                return
            assert found == self.last, (
                f"The count should be {count}, {when}, but the app says {message}."
            )
        raise AssertionError(f"The count should be {count}, {when}, but stays {self.last}.")


@pytest.mark.step(9)
def test_presence_counts_newcomers(app, follow, board_name, rng):
    """Everybody hears the new count when a client comes, the newcomer too."""
    board = board_name()
    with ExitStack() as stack:
        clients = []
        for count in range(1, rng.randint(3, 6)):
            clients.append(Counts(stack.enter_context(follow(app, board))))
            for client in clients:
                client.expect(count, f"when client number {count} has come")


@pytest.mark.step(9)
@pytest.mark.parametrize("goodbye", [True, False], ids=["with a goodbye", "without one"])
def test_presence_counts_who_leaves(app, follow, board_name, goodbye):
    """Everybody hears the new count when a client leaves, with a goodbye or without."""
    board = board_name()
    with ExitStack() as stack:
        clients = []
        for count in (1, 2, 3):
            clients.append(Counts(stack.enter_context(follow(app, board))))
            for client in clients:
                client.expect(count, f"when client number {count} has come")
        for count in (2, 1):
            leaver = clients.pop().socket
            if goodbye:
                leaver.close()
            else:
                leaver.vanish()
            for client in clients:
                client.expect(count, f"when one of {count + 1} has left")


@pytest.mark.step(9)
def test_presence_of_each_board(app, follow, board_name):
    """Each board counts for itself."""
    board, other = board_name(), board_name()
    with ExitStack() as stack:
        here = Counts(stack.enter_context(follow(app, board)))
        here.expect(1, "when the first client has come")
        there = Counts(stack.enter_context(follow(app, other)))
        there.expect(1, "when the first client has come to another board")
        second = Counts(stack.enter_context(follow(app, board)))
        for client in (here, second):
            client.expect(2, "when the second client has come")


# ------------------------------------------------------------------------------- 10: server push


def other_status(app, order_id, rng):
    """Choose a status that an order does not have."""
    now = app.get(f"/orders/{order_id}").expect(200).json["status"]
    return rng.choice([status for status in STATUSES if status != now])


@pytest.mark.step(10)
def test_patch_changes_the_order(app, rng):
    """PATCH answers with the whole order, and GET shows the change."""
    order_id = rng.choice(sorted(ORDERS))
    status = other_status(app, order_id, rng)
    order = {"id": order_id, "board": ORDERS[order_id], "status": status}
    app.patch(f"/orders/{order_id}", json={"status": status}).expect(200, json=order)
    app.get(f"/orders/{order_id}").expect(200, json=order, because="the change is kept")


@pytest.mark.step(10)
def test_board_gets_the_news(app, follow, make_text, rng):
    """Everybody on the order's board gets the news."""
    order_id = rng.choice(sorted(ORDERS))
    board = ORDERS[order_id]
    with follow(app, board) as one, follow(app, board) as other:
        come(one, make_text())
        come(other, make_text())
        for _ in range(2):
            status = other_status(app, order_id, rng)
            app.patch(f"/orders/{order_id}", json={"status": status}).expect(200)
            wanted = {"type": "order", "id": order_id, "status": status}
            for client in (one, other):
                found = receive(client, "order", f"the news {wanted}")
                assert {**found, **wanted} == found, (  # more fields do no harm
                    f"The board should get {wanted}, but got {found}."
                )


@pytest.mark.step(10)
def test_other_boards_get_no_news(app, follow, make_text, rng):
    """Other boards get nothing of it."""
    order_id = rng.choice(sorted(ORDERS))
    board = ORDERS[order_id]
    elsewhere = rng.choice([name for name in sorted(set(ORDERS.values())) if name != board])
    with follow(app, board) as here, follow(app, elsewhere) as there:
        come(here, make_text())
        come(there, make_text())
        status = other_status(app, order_id, rng)
        app.patch(f"/orders/{order_id}", json={"status": status}).expect(200)
        receive(here, "order", f"the news that order {order_id} is {status}")
        text = make_text()
        there.send_json({"text": text})
        kinds = heard_kinds(there, text)
        assert "order" not in kinds, (
            f"Order {order_id} belongs to the board {board}, "
            f"but the board {elsewhere} got the news of it."
        )


@pytest.mark.step(10)
def test_refused_change_is_no_news(app, follow, make_text, rng):
    """An unknown order is 404, an unknown status 422, and no board hears of either."""
    order_id, missing = rng.choice(sorted(ORDERS)), rng.randint(1000, 9999)
    with follow(app, ORDERS[order_id]) as socket:
        come(socket, make_text())
        before = app.get(f"/orders/{order_id}").expect(200).json
        app.patch(f"/orders/{missing}", json={"status": "packed"}).expect(404)
        app.patch(f"/orders/{order_id}", json={"status": f"lost-{rng.randint(10, 99)}"}).expect(422)
        app.get(f"/orders/{order_id}").expect(200, json=before, because="nothing was changed")
        text = make_text()
        socket.send_json({"text": text})
        kinds = heard_kinds(socket, text)
        assert "order" not in kinds, (
            "A change that was refused should be no news, but the board got it."
        )
        status = other_status(app, order_id, rng)
        app.patch(f"/orders/{order_id}", json={"status": status}).expect(200)
        receive(socket, "order", f"the news that order {order_id} is {status}")


# ------------------------------------------------------------------------------ 11: slow readers


def flood(sender, quick, make_text, number, fill="x"):
    """Write many long notes, while a quick reader keeps up; return their texts."""
    texts = [make_text(MAX_TEXT, fill) for _ in range(number)]
    for start in range(0, number, BURST):
        burst = texts[start : start + BURST]
        try:
            for text in burst:
                sender.send_json({"text": text})
            found = heard(quick, burst[-1])
        except AssertionError as error:
            raise AssertionError(
                f"One client of the board reads nothing, and after {start} notes the others "
                "get nothing any more: they wait until the slow one reads. "
                f"`await` on a slow client's send holds up whoever awaits it.\n{error}"
            ) from None
        assert found == burst, (
            f"A client that keeps up should get every note once, but of {BURST} notes "
            f"in a row it got {len(found)}."
        )
    return texts


@pytest.mark.step(11)
def test_slow_reader_delays_nobody(fresh_app, follow, board_name, make_text):
    """One client reads nothing, and the others get every note all the same."""
    app = fresh_app()
    board = board_name()
    with (
        follow(app, board, reads=False),
        follow(app, board) as sender,
        follow(app, board) as quick,
    ):
        come(sender, make_text())
        come(quick, make_text())
        flood(sender, quick, make_text, 300)


@pytest.mark.step(11)
def test_what_waits_is_bounded(fresh_app, follow, board_name, make_text):
    """At most 100 messages wait for a slow client; then the oldest are dropped, or it is closed."""
    app = fresh_app()
    board = board_name()
    with (
        follow(app, board, reads=False) as slow,
        follow(app, board) as sender,
        follow(app, board) as quick,
    ):
        come(sender, make_text())
        come(quick, make_text())
        texts = flood(sender, quick, make_text, 500)
        got, newest = slow.drain(lambda message: message.get("text") == texts[-1])
        if newest is None:
            return  # closed by the app
        assert newest, (
            f"A slow client should get the newest note when it reads again, or be closed, but "
            f"after {got} messages nothing more came. Drop the oldest message, not the newest."
        )
        assert got <= QUEUE_SIZE + IN_THE_PIPES, (
            f"Of {len(texts)} notes that a client did not read, {got} were kept for it. "
            f"At most {QUEUE_SIZE} may wait in the app: drop the oldest, or close that client."
        )


@pytest.mark.step(11)
def test_messages_wait(fresh_app, follow, board_name, make_text):
    """As long as no more than 100 messages wait for a client, none is dropped."""
    app = fresh_app()
    board = board_name()
    with (
        follow(app, board, reads=False) as slow,
        follow(app, board) as quick,
    ):
        come(quick, make_text())
        # Wide letters: few of these notes fit on the wire, so most of them wait in the app.
        texts = flood(quick, quick, make_text, QUEUE_SIZE - BURST, fill="書")
        found = []

        def is_last(message):
            if message.get("text") in texts:
                found.append(message["text"])
            return message.get("text") == texts[-1]

        _, ended = slow.drain(is_last)
        assert ended is None or found == texts, (
            f"A client that was {len(texts)} notes behind should get them all, in their order, "
            f"when it reads again, but got {len(found)}. Up to {QUEUE_SIZE} messages may wait."
        )


@pytest.mark.step(11)
def test_patch_does_not_wait(fresh_app, follow, make_text, rng):
    """A PATCH is answered, and its news arrive, while one client of the board reads nothing."""
    app = fresh_app()
    order_id = rng.choice(sorted(ORDERS))
    board = ORDERS[order_id]
    with (
        follow(app, board, reads=False),
        follow(app, board) as sender,
        follow(app, board) as quick,
    ):
        come(sender, make_text())
        come(quick, make_text())
        flood(sender, quick, make_text, 200)
        status = other_status(app, order_id, rng)
        app.patch(f"/orders/{order_id}", json={"status": status}).expect(200)
        receive(quick, "order", f"the news that order {order_id} is {status}")


@pytest.mark.step(11)
def test_slow_reader_vanishes(fresh_app, follow, board_name, make_text):
    """The slow client is gone for good, and the others go on."""
    app = fresh_app()
    board = board_name()
    with (
        follow(app, board, reads=False) as slow,
        follow(app, board) as sender,
        follow(app, board) as quick,
    ):
        come(sender, make_text())
        come(quick, make_text())
        flood(sender, quick, make_text, 200)
        slow.vanish()
        flood(sender, quick, make_text, 5 * BURST)
    nothing_raised(app, "when a slow client is gone")
