"""A hub in one file, and a hub from one file. See docs/operating.md, "Back-up and restore". No Django here."""
