"""Changes told to who wants to know: signed, in order, at least once; and who may be told."""
