"""The quarantine: records that a batch left out, kept for staff to see, to correct and to send, or to dismiss."""
