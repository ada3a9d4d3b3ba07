"""The widgets of the book: each folder is one, found by itself."""
