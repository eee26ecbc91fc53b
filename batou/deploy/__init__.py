"""A run: from an environment to hosts that are as it says."""
