"""The processes that serve, who starts, renews and ends them, and how one takes requests and has Django answer."""
