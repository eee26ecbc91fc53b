"""What batou costs; ``./dev bench`` runs everything here."""
