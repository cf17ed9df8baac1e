"""What every endpoint answers with: body and parameters read, the envelope, errors, pages, filters, `/health`."""
