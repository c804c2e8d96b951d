"""What the service does beside requests, one file each; `processor/service.py` says when."""
