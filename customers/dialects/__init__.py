"""The vendors' dialects, a file or a package each, and the matching of records that both share."""
