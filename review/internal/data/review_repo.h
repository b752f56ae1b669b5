/* Reviews in PostgreSQL. */
#pragma once

#include "biz/review/review.h"
#include "pg/batch.h"

/* Lives in arena; pool must outlive it. */
ReviewRepo *review_repo_new(Arena *arena, PgPool *pool);
