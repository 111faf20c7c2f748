"""A private sigstore instance: certificates, timestamps, trust roots."""
