import time
from statistics import median

from login import PASSWORDS, PEOPLE, authenticate


def hasty(username: str, password: str) -> bool:
    person = PEOPLE.get(username)
    return person is not None and PASSWORDS.verify(password, person.password_hash)


def seconds(username: str, *, early: bool) -> float:
    began = time.perf_counter()
    (hasty if early else authenticate)(username, "tomatosalad")
    return time.perf_counter() - began


for early in (True, False):
    known = median(seconds("tim", early=early) for _ in range(3))
    unknown = median(seconds("nobody", early=early) for _ in range(3))
    verdict = "tells who exists" if known > 20 * unknown else "tells nothing"
    print("answers an unknown name at once:" if early else "verifies nobody's hash:", verdict)
