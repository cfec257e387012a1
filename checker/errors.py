"""Faults with a remedy: every error says what is wrong, and what to do next."""


class Fault(Exception):
    """Something that the user can mend.

    `message` says what is wrong and where, `remedy` what to do next; both are plain sentences.
    `exit_code` is what `learn` ends with.
    """

    exit_code = 2

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageFault(Fault):
    """The command was given something that it can't work with. Exit code 2."""


class GradingFault(Fault):
    """The checker itself could not grade; never blamed on the learner. Exit code 3."""

    exit_code = 3
