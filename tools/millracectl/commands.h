/* The commands of millracectl. Each takes the arguments after its name, and returns the exit code. */
#pragma once

/*
 * Makes a signing key: DIR/access.jwk (private, 0400) and DIR/jwks.json. An existing key is never replaced.
 */
int command_keys(int argc, char **argv);

/* Prints signed access tokens, one per line. */
int command_token(int argc, char **argv);
