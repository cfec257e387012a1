"""What each `learn` command does; one module a verb."""
