"""What can be set."""

import os

BOARD_TOKEN = os.environ["BOARD_TOKEN"]
"""What a client must show to see a board."""

MAX_TEXT = 4000
"""Characters that the text of a note may have."""
HISTORY_SIZE = 10
"""Notes of a board that a newcomer is shown."""
QUEUE_SIZE = 100
"""Messages that may wait for one slow client."""
