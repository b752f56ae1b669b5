/* A promotion service that keeps uses in memory and fails as it is told. Thread-safe. */
#pragma once

#include <pthread.h>

#include "market.h"
#include "promotion/v1/promotion.rpc.h"

#define PROMOTION_BOOK_ORDERS 4096

/* The campaign without a code, and that of SUMMER2024. */
#define BOOK_AUTOMATIC "CMP-AUTO"
#define BOOK_SUMMER "CMP-SUMMER2024"

/*
 * Codes as in the demo data: SUMMER2024 takes 10 % off, BIG1000 5 % from 1000.00 USD on; WINTER2020 is over,
 * FUTURE2099 has not begun.
 */
typedef struct PromotionBook {
        PromotionService base;
        pthread_mutex_t lock;
        atomic_int mood;          /* of all calls but ReleaseUsage */
        atomic_int release_mood;
        atomic_llong automatic_minor; /* off the first line, without a code; 0: nothing is */
        atomic_llong uses_left;       /* of all campaigns together, as holds see them; evaluations do not */
        atomic_int hold_s;            /* how long a hold lasts */
        atomic_bool answers_get_lost; /* of what is held */
        atomic_bool cannot_count;
        atomic_int refusal; /* of WINTER2020, as a number of the contract; 0: EXPIRED */
        atomic_int n_evaluated, n_held, n_counted, n_released; /* calls */
        struct {
                char order_id[64];
                PromotionV1UsageStatus status;
        } usages[PROMOTION_BOOK_ORDERS];
        size_t n_usages;

        /* Behind the answer; NULL: nothing. */
        const Error *(*when_evaluated)(struct PromotionBook *book, Ctx *ctx,
                                       const PromotionV1EvaluateRequest *request,
                                       PromotionV1EvaluateResponse *response);
        const Error *(*when_held)(struct PromotionBook *book, Ctx *ctx,
                                  const PromotionV1HoldUsageRequest *request,
                                  PromotionV1HoldUsageResponse *response);
} PromotionBook;

void promotion_book_init(PromotionBook *book);

/* Brings every usage into that status. */
void promotion_book_lose(PromotionBook *book, PromotionV1UsageStatus status);

/* USAGE_STATUS_UNSPECIFIED: no such usage. */
PromotionV1UsageStatus promotion_book_status(PromotionBook *book, const char *order_id);
size_t promotion_book_count(PromotionBook *book, PromotionV1UsageStatus status);
