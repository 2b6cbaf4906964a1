# Manual pages, one a line, sorted.
