"""What every endpoint answers with: the body read, the envelope, errors, pages, filters, `/health`."""
