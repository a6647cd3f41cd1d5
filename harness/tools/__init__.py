"""How a vendor's program is run, and what its output says.

Which program a case needs is the business of `toolchains`.
"""
