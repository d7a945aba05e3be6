"""farm renders whole albums from a text file."""

__version__ = "0.1.0"
