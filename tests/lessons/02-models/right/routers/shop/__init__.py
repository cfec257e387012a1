"""The bookshop's parts."""
