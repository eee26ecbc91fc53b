"""What tests of deployments use."""
