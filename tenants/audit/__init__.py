"""The audit: who did what to accounts and tenants, who looked at personal data. Appended to, never changed."""
