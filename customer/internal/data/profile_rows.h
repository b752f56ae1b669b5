/* Rows of profiles, addresses and payment methods, whose personal columns are sealed. */
#pragma once

#include "biz/profile/profile.h"
#include "crypt/keyring.h"
#include "pg/batch.h"

/* The sealed columns of an address, in the order of its statements. */
#define ADDRESS_N_SEALED 8

/* Seals them; in arena. */
void customer_seal_address(const Keyring *ring, Arena *arena, const char *customer_id,
                           const CustomerAddress *address, PgArg ret_args[ADDRESS_N_SEALED]);

/* Seals the token of a payment method; in arena. */
PgArg customer_seal_token(const Keyring *ring, Arena *arena, const char *customer_id,
                          const PaymentMethod *method);

/*
 * Read the rows of the statements of profile_repo.c; what they point to is in arena.
 *
 * errors     internal: a column that does not open, or holds what this version does not know
 */
const Error *customer_read_profile(const Keyring *ring, Arena *arena, const PgRows *rows,
                                   Profile *profile) MUST_CHECK;
const Error *customer_read_addresses(const Keyring *ring, Arena *arena, const PgRows *rows,
                                     Profile *profile) MUST_CHECK;
const Error *customer_read_methods(const Keyring *ring, Arena *arena, const PgRows *rows,
                                   Profile *profile) MUST_CHECK;
