"""Merging two customers that are one person, and taking that back."""
