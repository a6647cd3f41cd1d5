"""The part of the SDK that is Python."""
