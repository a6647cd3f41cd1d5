"""Cases of which a half is done elsewhere: bundles, exchanged files, logs.

What runs on this machine belongs to `running`.
"""
