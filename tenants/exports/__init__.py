"""Records leave as a file, page by page: each a short query of its own, in the order of their key."""
