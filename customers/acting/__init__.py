"""A list that somebody mailed: whom each of its lines means, and one write for all of them."""
