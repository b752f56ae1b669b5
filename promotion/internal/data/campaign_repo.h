/* Campaigns in PostgreSQL. */
#pragma once

#include "biz/promotion/campaign.h"
#include "pg/batch.h"

/* What an evaluation knows of campaigns and their counts is at most so old. */
#define PROMOTION_CANDIDATES_MS 2000

/* Lives in arena; pool must outlive it. */
CampaignRepo *promotion_campaign_repo_new(Arena *arena, PgPool *pool);
