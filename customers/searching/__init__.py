"""Customers are searched by words in a table of their own, which the background worker keeps from the feed."""
