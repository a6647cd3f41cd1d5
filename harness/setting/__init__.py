"""What a run was asked for, and where its files lie.

What comes of it, or when a warm-up ends, is no setting.
"""
