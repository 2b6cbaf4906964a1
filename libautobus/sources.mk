# The library's files, headers too, one a line, sorted within a layer.

# base

# wire

# core

# net

# bus
