"""How each vendor's toolchain builds and runs a case, one folder a toolchain: `backend`, `commands`.

It knows no score and no data set: what is run is given to it.
"""
