"""Every native route: what strangers, the disabled and the impatient are refused at, one by one."""

# Each path with the methods it takes; the rest are answered with 405.
PATHS = {
    "/customers/{tenant}": ("GET", "POST", "DELETE", "HEAD"),
    "/customers/{tenant}/C-1": ("GET", "HEAD"),
    "/customers/{tenant}/reconcile": ("GET", "POST", "HEAD"),
    "/orders/{tenant}": ("GET", "POST", "HEAD"),
    "/orders/{tenant}/O-1": ("GET", "DELETE", "HEAD"),
    "/orders/{tenant}/reconcile": ("GET", "POST", "DELETE", "HEAD"),
    "/orders/{tenant}/O-1/items": ("DELETE",),
    "/products/{tenant}": ("GET", "POST", "HEAD"),
    "/products/{tenant}/P-1": ("GET", "DELETE", "HEAD"),
    "/products/{tenant}/reconcile": ("GET", "POST", "DELETE", "HEAD"),
    "/products/{tenant}/P-1/variants/V-1": ("DELETE",),
    "/changes/{tenant}": ("GET", "HEAD"),
    "/changes/{tenant}/1": ("GET", "HEAD"),
    "/exports/{tenant}": ("GET", "HEAD"),
    "/requests/{tenant}": ("GET", "HEAD"),
    "/imports/{tenant}": ("GET", "POST", "HEAD"),
    "/imports/{tenant}/1": ("GET", "PATCH", "DELETE", "HEAD"),
    "/imports/{tenant}/1/start": ("POST",),
    "/imports/{tenant}/1/rejected": ("GET", "HEAD"),
}
METHODS = ("GET", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS", "TRACE")

# What the deletes need to name something, and the filters to find it.
QUERIES = {
    ("GET", "/exports/{tenant}"): "?entity=customers",
    ("HEAD", "/exports/{tenant}"): "?entity=customers",
    ("DELETE", "/customers/{tenant}"): "?customerId=C-1&email=ada@example.com",
    ("DELETE", "/orders/{tenant}/O-1/items"): "?productId=P-1&sku=S-1",
    ("GET", "/orders/{tenant}"): "?OrderId=O-1",
    ("POST", "/imports/{tenant}"): "?entity=customers",
}

EVERY_CALL = [(method, path + QUERIES.get((method, path), "")) for path in PATHS for method in METHODS]
EVERY_ROUTE = [(method, path + QUERIES.get((method, path), "")) for path, taken in PATHS.items() for method in taken]
