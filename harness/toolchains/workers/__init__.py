"""Scripts that vendors' interpreters run beside their SDKs, with nothing of zoocheck installed there.

They are started by path (``python workers/tensorrt.py JOB``), import only the standard library, numpy, `loop`
beside them and the SDK, and keep to Python 3.7's syntax, which is what the vendors' READMEs ask for.
"""
