"""What passes, and what two numbers differ by.

Pure functions over recorded numbers: nothing is measured here.
"""
