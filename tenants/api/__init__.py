"""Who may call the API, how much and in which order of checks; the change feed; requests that were refused."""
