#include "partners.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define STATUS(name) WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_##name
#define PAYMENT(name) PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_##name

static const Error *away(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
}

/* With the lock held. */
static size_t find_hold(Warehouse *warehouse, const char *order_id) {
        size_t i = 0;

        while (i < warehouse->n_holds && !str_equal(warehouse->holds[i].order_id, order_id))
                i++;
        return i;
}

static const Error *warehouse_reserve_stock(WarehouseService *self, Ctx *ctx,
                                            const WarehouseV1ReserveStockRequest *request,
                                            WarehouseV1ReserveStockResponse *response) {
        Warehouse *warehouse = (Warehouse *) self;

        if (warehouse->is_away)
                return away(ctx);
        if (warehouse->is_short)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, "PRODUCT_OUT_OF_STOCK", "short");
        pthread_mutex_lock(&warehouse->lock);
        size_t i = find_hold(warehouse, request->order_id);
        if (i == warehouse->n_holds) {
                strcpy(warehouse->holds[warehouse->n_holds++].order_id, request->order_id);
                warehouse->holds[i].status = STATUS(ACTIVE);
        }
        bool is_open = warehouse->holds[i].status == STATUS(ACTIVE);
        pthread_mutex_unlock(&warehouse->lock);
        if (!is_open)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, "HOLD_CLOSED", "closed");
        if (warehouse->answers_get_lost)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, "lost");
        response->reservation = warehouse_v1_reservation_new(ctx->arena);
        response->reservation->expires_at = google_protobuf_timestamp_new(ctx->arena);
        response->reservation->expires_at->seconds = clock_wall_us() / 1000000 + warehouse->hold_s;
        return NULL;
}

static const Error *move(Warehouse *warehouse, Ctx *ctx, const char *const *order_ids, size_t n,
                         WarehouseV1ReservationStatus to, WarehouseV1ReservationStatus **ret_statuses) {
        if (warehouse->is_away)
                return away(ctx);
        *ret_statuses = ARENA_ARRAY(ctx->arena, WarehouseV1ReservationStatus, n);
        pthread_mutex_lock(&warehouse->lock);
        for (size_t k = 0; k < n; k++) {
                size_t i = find_hold(warehouse, order_ids[k]);

                if (i == warehouse->n_holds)
                        continue;
                if (to == STATUS(RELEASED) || warehouse->holds[i].status == STATUS(ACTIVE))
                        warehouse->holds[i].status = to;
                (*ret_statuses)[k] = warehouse->holds[i].status;
        }
        pthread_mutex_unlock(&warehouse->lock);
        return NULL;
}

static const Error *warehouse_confirm_reservation(WarehouseService *self, Ctx *ctx,
                                                  const WarehouseV1ConfirmReservationRequest *request,
                                                  WarehouseV1ConfirmReservationResponse *response) {
        Warehouse *warehouse = (Warehouse *) self;

        warehouse->n_confirm_calls++;
        if (warehouse->cannot_confirm)
                return away(ctx);
        response->n_statuses = request->n_order_ids;
        return move(warehouse, ctx, request->order_ids, request->n_order_ids, STATUS(CONFIRMED),
                    &response->statuses);
}

static const Error *warehouse_release_reservation(WarehouseService *self, Ctx *ctx,
                                                  const WarehouseV1ReleaseReservationRequest *request,
                                                  WarehouseV1ReleaseReservationResponse *response) {
        response->n_statuses = request->n_order_ids;
        return move((Warehouse *) self, ctx, request->order_ids, request->n_order_ids, STATUS(RELEASED),
                    &response->statuses);
}

void warehouse_init(Warehouse *warehouse) {
        pthread_mutex_init(&warehouse->lock, NULL);
        warehouse->base.reserve_stock = warehouse_reserve_stock;
        warehouse->base.confirm_reservation = warehouse_confirm_reservation;
        warehouse->base.release_reservation = warehouse_release_reservation;
        warehouse->hold_s = 900;
}

void warehouse_lose(Warehouse *warehouse, WarehouseV1ReservationStatus status) {
        pthread_mutex_lock(&warehouse->lock);
        for (size_t i = 0; i < warehouse->n_holds; i++)
                warehouse->holds[i].status = status;
        if (status == STATUS(UNSPECIFIED))
                warehouse->n_holds = 0;
        pthread_mutex_unlock(&warehouse->lock);
}

WarehouseV1ReservationStatus warehouse_status(Warehouse *warehouse, const char *order_id) {
        pthread_mutex_lock(&warehouse->lock);
        size_t i = find_hold(warehouse, order_id);
        WarehouseV1ReservationStatus status =
                i < warehouse->n_holds ? warehouse->holds[i].status : STATUS(UNSPECIFIED);
        pthread_mutex_unlock(&warehouse->lock);
        return status;
}

size_t warehouse_count(Warehouse *warehouse, WarehouseV1ReservationStatus status) {
        size_t n = 0;

        pthread_mutex_lock(&warehouse->lock);
        for (size_t i = 0; i < warehouse->n_holds; i++)
                n += warehouse->holds[i].status == status;
        pthread_mutex_unlock(&warehouse->lock);
        return n;
}

/* With the lock held; makes one of that status when there is none. */
static size_t find_payment(PaymentBook *book, const char *payment_id, PaymentV1PaymentStatus status) {
        size_t i = 0;

        while (i < book->n_payments && !str_equal(book->payments[i].payment_id, payment_id))
                i++;
        if (i == book->n_payments) {
                strcpy(book->payments[book->n_payments++].payment_id, payment_id);
                book->payments[i].status = status;
                book->payments[i].n_charges = status == PAYMENT(COMPLETED);
        }
        return i;
}

static const Error *book_validate_payment(PaymentService *self, Ctx *ctx,
                                          const PaymentV1ValidatePaymentRequest *request,
                                          PaymentV1ValidatePaymentResponse *response) {
        (void) self, (void) ctx;
        response->valid = !str_equal(request->token, "nonsense");
        if (!response->valid)
                response->error = "UNKNOWN_TOKEN";
        return NULL;
}

static PaymentV1Payment *payment_of(Ctx *ctx, PaymentBook *book, size_t i) {
        PaymentV1Payment *payment = payment_v1_payment_new(ctx->arena);

        payment->status = book->payments[i].status;
        if (*book->payments[i].currency) {
                payment->refunded = common_v1_money_new(ctx->arena);
                payment->refunded->currency = arena_strdup(ctx->arena, book->payments[i].currency);
        }
        switch (payment->status) {
        case PAYMENT(COMPLETED):
                payment->transaction_id = arena_printf(ctx->arena, "txn_%s", book->payments[i].payment_id);
                payment->last4 = "4242";
                break;
        case PAYMENT(FAILED):
                payment->error = "CARD_DECLINED";
                break;
        case PAYMENT(REQUIRES_ACTION):
                payment->action_url = "https://bank.example/3ds";
                break;
        case PAYMENT(REFUNDED):
                payment->refunded->minor = book->payments[i].amount_minor;
                break;
        default:
                break;
        }
        return payment;
}

static const Error *book_process_payment(PaymentService *self, Ctx *ctx,
                                         const PaymentV1ProcessPaymentRequest *request,
                                         PaymentV1ProcessPaymentResponse *response) {
        PaymentBook *book = (PaymentBook *) self;
        int stall_ms = book->stall_ms;

        book->n_process_calls++;
        if (book->is_away)
                return away(ctx);
        while (book->never_answers && ctx_remaining_ms(ctx) > 0)
                nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
        if (book->refuses)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, "PAYMENT_MISMATCH", "another amount");
        if (stall_ms > 0)
                nanosleep(&(struct timespec) { .tv_nsec = stall_ms * 1000000L }, NULL);
        pthread_mutex_lock(&book->lock);
        size_t i = find_payment(book, request->payment_id, (PaymentV1PaymentStatus) book->outcome);
        book->payments[i].amount_minor = request->amount_minor;
        snprintf(book->payments[i].currency, sizeof(book->payments[i].currency), "%s", request->currency);
        response->payment = payment_of(ctx, book, i);
        pthread_mutex_unlock(&book->lock);
        return book->answers_get_lost ? away(ctx) : NULL;
}

static const Error *book_refund_payment(PaymentService *self, Ctx *ctx,
                                        const PaymentV1RefundPaymentRequest *request,
                                        PaymentV1RefundPaymentResponse *response) {
        PaymentBook *book = (PaymentBook *) self;

        if (book->is_away)
                return away(ctx);
        pthread_mutex_lock(&book->lock);
        size_t i = find_payment(book, request->payment_id, PAYMENT(FAILED));
        book->payments[i].status = book->payments[i].status == PAYMENT(COMPLETED)  ? PAYMENT(REFUNDED)
                                   : book->payments[i].status == PAYMENT(REFUNDED) ? PAYMENT(REFUNDED)
                                                                                   : PAYMENT(FAILED);
        response->payment = payment_of(ctx, book, i);
        pthread_mutex_unlock(&book->lock);
        return NULL;
}

void payment_book_init(PaymentBook *book) {
        pthread_mutex_init(&book->lock, NULL);
        book->base.validate_payment = book_validate_payment;
        book->base.process_payment = book_process_payment;
        book->base.refund_payment = book_refund_payment;
        book->outcome = PAYMENT(COMPLETED);
}

int64_t payment_book_kept_minor(PaymentBook *book) {
        int64_t kept_minor = 0;

        pthread_mutex_lock(&book->lock);
        for (size_t i = 0; i < book->n_payments; i++)
                if (book->payments[i].status == PAYMENT(COMPLETED))
                        kept_minor += book->payments[i].amount_minor * book->payments[i].n_charges;
        pthread_mutex_unlock(&book->lock);
        return kept_minor;
}
