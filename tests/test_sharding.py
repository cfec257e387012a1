"""Checks are dealt out to runs: each once, and so that no run takes much longer than another."""

from checker.sharding import deal_out

CHECKS = ["a", "b", "c", "d", "e"]


def test_one_run_has_every_check() -> None:
    assert deal_out(CHECKS, {}, 1) == [set(CHECKS)]


def test_each_check_is_in_one_run() -> None:
    dealt = deal_out(CHECKS, {"a": 1.0, "c": 0.5}, 3)
    assert sorted(check for run in dealt for check in run) == CHECKS


def test_what_waits_longest_has_a_run_for_itself() -> None:
    took_s = {"a": 0.01, "b": 0.01, "c": 0.01, "d": 0.5, "e": 0.01}
    assert {"d"} in deal_out(CHECKS, took_s, 2)


def test_checks_that_were_never_run_count_as_usual_ones() -> None:
    took_s = {"a": 4.0, "b": 2.0}  # so c, d and e are expected to take 3 each
    assert deal_out(CHECKS, took_s, 2) == [{"a", "e"}, {"b", "c", "d"}]


def test_a_run_may_have_nothing_to_do() -> None:
    assert deal_out(["a"], {}, 2) == [{"a"}, set()]
