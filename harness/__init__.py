"""zoocheck's library: everything between a table row and a verdict. It imports no pytest."""

__version__ = "0.1.0"
