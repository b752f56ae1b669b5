/* Reading orders back from their rows. */
#pragma once

#include "biz/order/ports.h"
#include "pg/batch.h"

/* OrderRepo.find, list and hold_states. */
const Error *order_rows_find(PgPool *pool, Ctx *ctx, const char *id_or_number, Order **ret_order) MUST_CHECK;
const Error *order_rows_list(PgPool *pool, Ctx *ctx, const OrderQuery *query, Order **ret_orders,
                             size_t *ret_n) MUST_CHECK;
const Error *order_rows_hold_states(PgPool *pool, Ctx *ctx, const char *const *order_ids, size_t n,
                                    OrderStatus *ret_statuses, bool *ret_claimed) MUST_CHECK;

/* Those of these ids, each once, in any order. */
const Error *order_rows_load(PgPool *pool, Ctx *ctx, const char *const *order_ids, size_t n_ids,
                             Order **ret_orders, size_t *ret_n) MUST_CHECK;

/* Reads orders.status. errors: internal, for a word that this version does not know */
const Error *order_rows_status(Arena *arena, const char *text, OrderStatus *ret_status) MUST_CHECK;

/* "paid" */
const char *order_payment_status_name(OrderPaymentStatus status);
