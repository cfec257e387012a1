"""The bookshop: a catalogue, and one router for each thing that customers do."""
