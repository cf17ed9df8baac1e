"""Files of records are stored: uploads, the job of each, what it rejected."""
