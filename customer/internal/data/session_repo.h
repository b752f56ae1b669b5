/* Sessions and their refresh tokens, in PostgreSQL. */
#pragma once

#include "biz/account/ports.h"
#include "crypt/keyring.h"
#include "pg/pool.h"

/* Lives in arena; pool and ring must outlive it. */
SessionRepo *customer_session_repo_new(Arena *arena, PgPool *pool, const Keyring *ring);
