/* Profiles, their addresses and payment methods, in PostgreSQL. */
#pragma once

#include "biz/profile/profile.h"
#include "crypt/keyring.h"
#include "pg/pool.h"

/* Lives in arena; pool and ring must outlive it. */
ProfileRepo *customer_profile_repo_new(Arena *arena, PgPool *pool, const Keyring *ring);
