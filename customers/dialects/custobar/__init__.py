"""The Custobar dialect (document 003): uploads of customers and of events, and the look-up of customers.

Without this package and its lines in customers/urls.py the hub speaks it no more. docs/vendors.md shows calls and
answers.
"""
