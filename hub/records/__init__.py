"""From the bytes of a body to clean records: schemas, the types of values, and what can be wrong with them."""
