"""How the hub itself is: its workers and jobs, its pages, its database. What the system page shows."""
