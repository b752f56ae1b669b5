/* Accounts on a fresh database, with keys of their own. */
#pragma once

#include "biz/account/ports.h"
#include "crypt/keyring.h"
#include "data/signing_keys.h"
#include "pg/pool.h"
#include "support.h"

#define EMAIL "alex@example.com"
#define PASSWORD "correct horse"
#define SIGNS_MS INT64_C(2592000000)

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        Keyring *ring;
        SigningKeys *keys;
        PasswordBook *argon2id;  /* the one that programs have */
        AccountUsecase accounts; /* with one that costs no time, and hides nothing */
} Fixture;

/* Migrated and empty; lives until the test ends. */
Fixture *fixture_new(void);

/* A context of a call from that host. */
Ctx *fixture_from(const char *client);

/* Registers EMAIL with PASSWORD, without an error. */
const Profile *fixture_register(Fixture *fixture);

const Error *fixture_login(Fixture *fixture, const char *client, const char *email, const char *password,
                           Tokens *ret_tokens);

/* How many there are: "accounts WHERE active" */
int64_t fixture_count(Fixture *fixture, const char *rows);

/* Has all times in the columns of a table come so many seconds earlier: what a test cannot wait for. */
void fixture_age(Fixture *fixture, const char *table, const char *const *columns, size_t n_columns,
                 int64_t seconds);
