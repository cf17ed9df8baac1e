"""The OpenAPI document: made from the views, their schemas and parameters, and what each action says of itself."""
