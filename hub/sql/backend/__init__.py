"""Django's PostgreSQL backend, told what a database whose tenants live on several nodes needs."""
