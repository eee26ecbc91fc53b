"""What a host needs for a deployment, addressed by content."""
