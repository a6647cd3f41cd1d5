"""What a README says: read, imported as tables, audited.

Nothing is measured, and no result is read.
"""
