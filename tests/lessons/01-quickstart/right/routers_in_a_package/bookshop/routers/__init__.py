"""The routers of the bookshop, one module for each part of the address space."""
