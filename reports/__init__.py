"""Reports: jinja2 templates, and the code that fills them from the store and the records."""
