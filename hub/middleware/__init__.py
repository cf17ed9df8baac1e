"""What every request passes through: its trace, its exact path, the security headers, the admin's sessions."""
