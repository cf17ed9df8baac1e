"""How SQL is run, kept in files, composed into the upsert, and held to the rules of tables inside a tenant."""
