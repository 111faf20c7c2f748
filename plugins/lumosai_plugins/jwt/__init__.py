"""Bearer tokens (JWT, RFC 9068 and OpenID Connect) of an issuer, judged by the keys it publishes."""
