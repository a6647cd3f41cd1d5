"""What a build leaves, cached by everything that decides it.

What decides it is listed by `running.building` and by each backend; zoocheck's own code is found by `code`.
"""
