/* Accounts and tries to log in, in PostgreSQL. */
#pragma once

#include "biz/account/ports.h"
#include "crypt/keyring.h"
#include "pg/pool.h"

/* Lives in arena; pool and ring must outlive it. */
AccountRepo *customer_account_repo_new(Arena *arena, PgPool *pool, const Keyring *ring);
