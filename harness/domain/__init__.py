"""What we talk about: models, chips, cases, documented values, measurements and verdicts, words of READMEs.

Records only: what reads tables, measures or judges them belongs below.
"""
