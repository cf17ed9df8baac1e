"""Files of records, in and out."""
