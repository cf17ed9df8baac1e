"""The request log: what partners asked and what they were answered, written beside the answers and never before one."""
