"""How a learner's process is confined on Linux, beyond resource limits.

Trusted side: `view` (what an app may see), `bubblewrap` (the host's command line), `forward` (the
one door to a database). In the host, before learner code: `namespaces` (a sandbox for each app),
`landlock` and `seccomp` (what it may ask the kernel for), `proof` (are forbidden acts refused?).
"""

INSIDE = "/scratch/app"
"""Where an app lies in a sandbox of its own."""
TEMPORARY = "/scratch/temporary"
"""Where it may keep what it needs only while it runs."""
MADE, NOT_MADE = b"+", b"-"
"""The first byte that a sandbox sends: it was made, or why it could not be follows."""
