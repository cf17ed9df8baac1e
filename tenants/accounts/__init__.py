"""What a person does with their own account: log in, factors, sessions, passwords, invitations; below /admin/."""
