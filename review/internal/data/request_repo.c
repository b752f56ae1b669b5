#include "data/request_repo.h"

#include "base/str.h"
#include "base/uuid.h"
#include "data/order_lock.h"
#include "data/review_event.h"
#include "events/outbox.h"
#include "pg/reader.h"

typedef struct PgRequestRepo {
        RequestRepo base;
        PgPool *pool;
} PgRequestRepo;

static PgPool *pool_of(RequestRepo *self) {
        return ((PgRequestRepo *) self)->pool;
}

/* ---- events ---- */

static const PgStatement sql_schedule = PG_WRITE(
        "INSERT INTO review_requests (order_id, customer_id, status, due_at)"
        " SELECT order_id, customer_id, 'SCHEDULED', now() + $3 * interval '1 millisecond'"
        "   FROM unnest($1, $2) AS d (order_id, customer_id)"
        " ON CONFLICT (order_id) DO NOTHING");

static const PgStatement sql_add_products = PG_WRITE(
        "INSERT INTO review_request_products (order_id, product_id, name)"
        " SELECT order_id, product_id, name FROM unnest($1, $2, $3) AS p (order_id, product_id, name)"
        " ON CONFLICT (order_id, product_id) DO NOTHING");

static void add_products(PgBatch *batch, const Delivery *deliveries, size_t n) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        size_t n_all = 0;

        for (size_t i = 0; i < n; i++)
                n_all += deliveries[i].n_products;
        const char **orders = ARENA_ARRAY(arena, const char *, n_all);
        const char **products = ARENA_ARRAY(arena, const char *, n_all);
        const char **names = ARENA_ARRAY(arena, const char *, n_all);
        for (size_t i = 0, row = 0; i < n; i++)
                for (size_t k = 0; k < deliveries[i].n_products; k++, row++) {
                        orders[row] = deliveries[i].order_id;
                        products[row] = deliveries[i].products[k].product_id;
                        names[row] = deliveries[i].products[k].name;
                }
        pg_batch_add(batch, &sql_add_products,
                     PG_ARGS(pg_text_array(orders, n_all), pg_text_array(products, n_all),
                             pg_text_array(names, n_all)));
}

void review_add_deliveries(PgBatch *batch, const Delivery *deliveries, size_t n, int64_t delay_ms) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        const char **orders = ARENA_ARRAY(arena, const char *, n);
        const char **customers = ARENA_ARRAY(arena, const char *, n);

        if (n == 0)
                return;
        for (size_t i = 0; i < n; i++) {
                orders[i] = deliveries[i].order_id;
                customers[i] = deliveries[i].customer_id;
        }
        pg_batch_add(batch, &sql_schedule,
                     PG_ARGS(pg_text_array(orders, n), pg_text_array(customers, n), pg_int64(delay_ms)));
        add_products(batch, deliveries, n);
}

static const PgStatement sql_take_back = PG_WRITE(
        "UPDATE review_requests"
        "   SET taken_back_at = now(),"
        "       status = CASE status WHEN 'SCHEDULED' THEN 'TAKEN_BACK' ELSE status END"
        " WHERE order_id = ANY ($1) AND taken_back_at IS NULL");

static const PgStatement sql_unverify = PG_WRITE(
        "UPDATE reviews SET is_verified = false WHERE order_id = ANY ($1) AND is_verified");

void review_add_returns(PgBatch *batch, const char *const *order_ids, size_t n) {
        if (n == 0)
                return;
        review_lock_orders(batch, order_ids, n);
        pg_batch_add(batch, &sql_take_back, PG_ARGS(pg_text_array(order_ids, n)));
        pg_batch_add(batch, &sql_unverify, PG_ARGS(pg_text_array(order_ids, n)));
}

/* ---- what is due ---- */

/*
 * The claim outlives the transaction, since whoever claims asks others what customers want. Nobody waits
 * here. A row for each product that is not reviewed; one without a product when there is none.
 */
static const PgStatement sql_claim_due = PG_WRITE(
        "WITH claimed AS ("
        "        UPDATE review_requests SET claimed_until = now() + $1 * interval '1 millisecond'"
        "         WHERE order_id IN ("
        "                SELECT order_id FROM review_requests"
        "                 WHERE status = 'SCHEDULED' AND due_at <= now()"
        "                   AND is_over(claimed_until, $1 * interval '1 millisecond')"
        "                 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        "        RETURNING order_id, customer_id)"
        " SELECT c.order_id, c.customer_id, p.product_id, p.name"
        "   FROM claimed c"
        "   LEFT JOIN review_request_products p"
        "          ON p.order_id = c.order_id"
        "         AND NOT EXISTS (SELECT FROM reviews r"
        "                          WHERE r.customer_id = c.customer_id AND r.product_id = p.product_id"
        "                            AND r.status <> 'WITHDRAWN')"
        "  ORDER BY c.order_id, p.product_id");

/* Reads the row's product into the last request, or begins the next one with it. */
static const Error *read_claimed(const PgRows *rows, size_t row, RequestForReview *requests, size_t *n,
                                 RequestedProduct *products) {
        PgReader at = pg_reader(rows, row);
        const char *order_id = pg_next_text(&at), *customer_id = pg_next_text(&at);
        const char *product_id = pg_next_text_or_null(&at), *name = pg_next_text_or_null(&at);

        TRY(pg_reader_end(&at));
        if (*n == 0 || !str_equal(requests[*n - 1].order_id, order_id))
                requests[(*n)++] = (RequestForReview) { .order_id = order_id,
                                                        .customer_id = customer_id,
                                                        .status = REQUEST_SCHEDULED,
                                                        .products = &products[row] };
        products[row] = (RequestedProduct) { .product_id = product_id, .name = name };
        requests[*n - 1].n_products += product_id != NULL;
        return NULL;
}

static const Error *claim_due(RequestRepo *self, Ctx *ctx, int64_t claim_ms, size_t limit,
                              RequestForReview **ret_requests, size_t *ret_n) {
        const PgRows *rows;
        size_t n = 0;

        TRY(pg_run(pool_of(self), ctx, &sql_claim_due, PG_ARGS(pg_int64(claim_ms), pg_int64((int64_t) limit)),
                   &rows));
        RequestForReview *requests = ARENA_ARRAY(ctx->arena, RequestForReview, pg_rows_count(rows));
        RequestedProduct *products = ARENA_ARRAY(ctx->arena, RequestedProduct, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_claimed(rows, i, requests, &n, products));
        *ret_requests = requests;
        *ret_n = n;
        return NULL;
}

#define INNER_REQUEST_MOVED "REQUEST_MOVED"

static const PgStatement sql_settle = PG_WRITE(
        "WITH settled AS ("
        "        UPDATE review_requests SET status = $2, status_reason = $3, settled_at = now()"
        "         WHERE order_id = $1 AND status = 'SCHEDULED' RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_REQUEST_MOVED "') FROM settled");

static void add_event(PgBatch *batch, const RequestForReview *request) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        const char *event_id = uuid_new(arena);

        outbox_add(batch, &(OutboxEvent) {
                .event_id = event_id,
                .aggregate_type = REVIEW_AGGREGATE_TYPE,
                .aggregate_id = request->order_id,
                .aggregate_version = 1,
                .event_type = review_request_event(request->status),
                .payload = review_request_payload(arena, request, event_id),
        });
}

static const Error *settle(RequestRepo *self, Ctx *ctx, const RequestForReview *request) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);

        pg_batch_add(batch, &sql_settle,
                     PG_ARGS(pg_text(request->order_id), pg_text(review_request_word(request->status)),
                             pg_text(request->status_reason)));
        add_event(batch, request);
        const Error *error = pg_batch_run(batch);
        if (error_is(error, INNER_REQUEST_MOVED))
                return NULL;
        TRY(error);
        outbox_hint();
        return NULL;
}

/* ---- one of them ---- */

static const PgStatement sql_find = PG_READ(
        "SELECT order_id, customer_id, status, status_reason, due_at, settled_at, taken_back_at"
        "  FROM review_requests WHERE order_id = $1");

static const PgStatement sql_products = PG_READ(
        "SELECT product_id, name FROM review_request_products WHERE order_id = $1 ORDER BY product_id");

static const Error *read_request(Ctx *ctx, const PgRows *rows, RequestForReview *request) {
        PgReader at = pg_reader(rows, 0);

        request->order_id = pg_next_text(&at);
        request->customer_id = pg_next_text(&at);
        TRY(review_read_request_status(ctx->arena, pg_next_text(&at), &request->status));
        request->status_reason = pg_next_text_or_null(&at);
        request->due_at_us = pg_next_time(&at);
        request->settled_at_us = pg_next_time_or_zero(&at);
        request->taken_back_at_us = pg_next_time_or_zero(&at);
        return pg_reader_end(&at);
}

static const Error *read_products(Ctx *ctx, const PgRows *rows, RequestForReview *request) {
        RequestedProduct *products = ARENA_ARRAY(ctx->arena, RequestedProduct, pg_rows_count(rows));

        for (size_t i = 0; i < pg_rows_count(rows); i++) {
                PgReader at = pg_reader(rows, i);

                products[i].product_id = pg_next_text(&at);
                products[i].name = pg_next_text(&at);
                TRY(pg_reader_end(&at));
        }
        request->products = products;
        request->n_products = pg_rows_count(rows);
        return NULL;
}

static const Error *find(RequestRepo *self, Ctx *ctx, const char *order_id,
                         const RequestForReview **ret_request) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);
        RequestForReview *request = NULL;

        pg_batch_add(batch, &sql_find, PG_ARGS(pg_text(order_id)));
        pg_batch_add(batch, &sql_products, PG_ARGS(pg_text(order_id)));
        TRY(pg_batch_run(batch));
        if (pg_rows_count(pg_batch_rows(batch, 0)) > 0) {
                request = ARENA_NEW(ctx->arena, RequestForReview);
                TRY(read_request(ctx, pg_batch_rows(batch, 0), request));
                TRY(read_products(ctx, pg_batch_rows(batch, 1), request));
        }
        *ret_request = request;
        return NULL;
}

RequestRepo *review_request_repo_new(Arena *arena, PgPool *pool) {
        PgRequestRepo *repo = ARENA_NEW(arena, PgRequestRepo);

        *repo = (PgRequestRepo) {
                .base = { .claim_due = claim_due, .settle = settle, .find = find }, .pool = pool
        };
        return &repo->base;
}
