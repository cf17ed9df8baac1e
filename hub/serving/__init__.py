"""The processes that serve: gunicorn's configuration and worker, and who starts and ends them."""
