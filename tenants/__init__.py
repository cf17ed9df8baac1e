"""Tenants: who may call, how much, and what has changed since; the one way to write."""
