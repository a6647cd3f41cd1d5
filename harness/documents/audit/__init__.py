"""Rules that hold one README against itself; each finding says where, which numbers, and why."""
