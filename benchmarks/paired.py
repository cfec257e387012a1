"""Time commands against each other: in turn, in one run, so that drift hits all alike."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """What to time; `ends` is the exit code that it must end with."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ends: int = 0


def time_once(command: Command) -> float:
    """Run it and return the wall time in seconds. Raises RuntimeError if it fails."""
    began = time.perf_counter()
    ran = subprocess.run(
        command.argv,
        env=os.environ | command.env,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    if ran.returncode != command.ends:
        raise RuntimeError(f"{command.name} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return took


def compare(base: Command, others: Sequence[Command], rounds: int) -> dict[str, list[float]]:
    """Time all in turn, `rounds` times after one warm-up; return the times by name."""
    commands = [base, *others]
    for command in commands:
        time_once(command)
    times: dict[str, list[float]] = {command.name: [] for command in commands}
    for _ in range(rounds):
        for command in commands:
            times[command.name].append(time_once(command))
    return times


def table(times: dict[str, list[float]], base: str) -> str:
    """Return a Markdown table: median, spread, and the median of the ratios pair by pair."""
    lines = ["| command | median s | min-max s | ratio |", "|---|---|---|---|"]
    for name, taken in times.items():
        ratio = statistics.median(a / b for a, b in zip(taken, times[base], strict=True))
        lines.append(
            f"| {name} | {statistics.median(taken):.2f} "
            f"| {min(taken):.2f}-{max(taken):.2f} | {ratio:.2f} |"
        )
    return "\n".join(lines)
