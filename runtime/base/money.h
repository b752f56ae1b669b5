/* Exact money: int64 minor units of a currency, checked arithmetic, half-up rounding; no floating point. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define MONEY_BP_ONE INT64_C(10000)     /* basis points in 100 % */
#define MONEY_PPM_ONE INT64_C(1000000)  /* parts per million in 100 % */

/*
 * Decimals of an ISO 4217 currency that Millrace trades in (VND 0, JPY 0, USD 2, KWD 3); -1 when it does not.
 */
int money_decimals(const char *currency);

/* Each returns false, and leaves *ret_minor alone, when the result does not fit. */
bool money_add(int64_t a_minor, int64_t b_minor, int64_t *ret_minor) __attribute__((warn_unused_result));
bool money_multiply(int64_t unit_minor, int64_t quantity, int64_t *ret_minor)
        __attribute__((warn_unused_result));

/* amount * part / whole, rounded half away from zero; whole > 0. */
bool money_share(int64_t amount_minor, int64_t part, int64_t whole, int64_t *ret_minor)
        __attribute__((warn_unused_result));

/*
 * Splits amount over n lines in proportion to their weights by largest remainder, so that the parts add up
 * exactly.
 *
 * weights      n non-negative numbers; all zero: the first line takes everything
 * ret_parts    n amounts, written only on success; ties go to the earlier line
 */
bool money_split(int64_t amount_minor, const int64_t *weights, size_t n, int64_t *ret_parts)
        __attribute__((warn_unused_result));

/* "249.99" for 24999 USD, "-0.05", "1500" for VND; lives in arena. The currency must be a known one. */
const char *money_format(Arena *arena, int64_t minor, const char *currency);
