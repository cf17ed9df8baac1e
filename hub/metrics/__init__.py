"""What the hub counts about itself for Prometheus: a file a process, read together."""
