"""Fetch on the controller what components have declared."""
