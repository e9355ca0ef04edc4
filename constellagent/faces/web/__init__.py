"""How it is seen in a browser, and by programs: the HTTP API and the page."""
