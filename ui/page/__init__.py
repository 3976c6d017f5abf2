"""The page that a person searches with; `ui/app.py` puts it together."""
