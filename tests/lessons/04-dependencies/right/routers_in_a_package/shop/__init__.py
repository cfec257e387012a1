"""The parts that the bookshop shares. They know nothing of `main`: it hands them what they need."""
