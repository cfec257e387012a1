import time
from statistics import median

from login import PASSWORDS, PEOPLE, authenticate


def hasty(username: str, password: str) -> bool:
    person = PEOPLE.get(username)
    if person is None:
        return False
    return PASSWORDS.verify(password, person.password_hash)


def seconds(username: str, *, early: bool) -> float:
    began = time.perf_counter()
    (hasty if early else authenticate)(username, "tomatosalad")
    return time.perf_counter() - began


for early in (True, False):
    known = median(seconds("tim", early=early) for _ in range(3))
    unknown = median(seconds("nobody", early=early) for _ in range(3))
    way = "answers an unknown name at once"
    if not early:
        way = "verifies nobody's hash"
    leaks = known > 20 * unknown
    print(f"{way}: {'tells who exists' if leaks else 'tells nothing'}")
