"""The far side: what runs on hosts."""
