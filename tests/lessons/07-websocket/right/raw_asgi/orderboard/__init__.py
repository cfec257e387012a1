"""The parts of the order board."""
