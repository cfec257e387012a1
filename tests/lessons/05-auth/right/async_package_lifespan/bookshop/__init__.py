"""The bookshop: its accounts, its tokens, and the operations that need them."""
