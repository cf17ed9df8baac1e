"""The vendors' dialects, one file each, and the matching of records that both share."""
