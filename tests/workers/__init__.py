"""The processes behind `service.workers`, each part alone."""
