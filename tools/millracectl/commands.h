/* The commands of millracectl. Each takes the arguments after its name, and returns the exit code. */
#pragma once

/*
 * Makes the signing key of each service that calls others, DIR/SERVICE.jwk (private, 0400), and DIR/jwks.json
 * with what each may say. It replaces no file.
 */
int command_keys(int argc, char **argv);

/*
 * Makes a key with which tests and benchmarks sign users' tokens, DIR/test.jwk (private, 0400), and its
 * public half, DIR/test.jwks.json. It replaces no file.
 */
int command_test_key(int argc, char **argv);

/*
 * Makes the key file of a service that seals personal data (crypt/keyring.h), 0400. It replaces no file.
 */
int command_fields(int argc, char **argv);

/*
 * Copies SQL from stdin to stdout, and puts what a key file makes of it in the place of
 * {{seal TABLE COLUMN ROW TEXT}} and {{hash KIND TEXT}}.
 */
int command_fill(int argc, char **argv);

/* Brings a service's database to the newest schema, as its owner. */
int command_migrate(int argc, char **argv);

/* Prints signed access tokens, one per line. */
int command_token(int argc, char **argv);
