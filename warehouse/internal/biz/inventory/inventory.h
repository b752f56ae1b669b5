/*
 * Inventory: the stock of each SKU in each warehouse, the reservations that hold some of it for orders, and
 * the moves between: reserved, then sold or released.
 *
 * A reservation whose time is over is not simply freed: its order may be paying at that very moment. The
 * owner of the order says what became of it (see ReservationOwner).
 *
 * source     002 3.2 and 4.4; 000 Stock Reservation & Validation
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "warehouse/v1/warehouse.reasons.h"

/* Orders that one call confirms, releases or resolves, at most. */
#define INVENTORY_MAX_ORDERS 100

/* How long a sweeper has to resolve the reservations that it claimed before another one may. */
#define INVENTORY_CLAIM_MS INT64_C(10000)

typedef struct StockLine {
        const char *product_id;
        const char *sku;
        const char *warehouse_id;
        int64_t quantity;
} StockLine;

typedef enum ReservationStatus {
        RESERVATION_NONE, /* the order has none */
        RESERVATION_ACTIVE,
        RESERVATION_CONFIRMED,
        RESERVATION_RELEASED,
        RESERVATION_EXPIRED,
} ReservationStatus;

typedef struct Reservation {
        const char *reservation_id;
        const char *order_id;
        ReservationStatus status;
        int64_t expires_at_us; /* wall clock */
        const StockLine *lines;
        size_t n_lines;
} Reservation;

/* available is on hand less what unexpired reservations hold. */
typedef struct Stock {
        const char *sku;
        const char *warehouse_id;
        int64_t on_hand;
        int64_t reserved;
        int64_t available;
} Stock;

/* What may happen to a reservation. */
typedef enum ReservationMove {
        RESERVATION_KEEP,
        RESERVATION_CONFIRM, /* active: sold */
        RESERVATION_RELEASE, /* active: given back; confirmed: returned */
        RESERVATION_EXPIRE,  /* active, with its time over: given back */
        RESERVATION_EXTEND,  /* active: its full time from now */
} ReservationMove;

/* What a repository is asked to reserve: no two lines of one SKU and warehouse. */
typedef struct ReserveRequest {
        const char *reservation_id; /* of the new reservation */
        const char *order_id;
        const StockLine *lines;
        size_t n_lines;
        int64_t hold_ms;
        const char *actor;
} ReserveRequest;

typedef struct ReserveOutcome {
        const Reservation *reservation; /* new, or what the order has already; NULL: stock is short */
        const int64_t *available;       /* per line, when short */
} ReserveOutcome;

typedef struct MoveRequest {
        ReservationMove move;
        const char *const *order_ids;
        size_t n_orders;
        const char *reason; /* for the ledger */
        const char *actor;
} MoveRequest;

typedef struct StockAdjustment {
        const char *sku;
        const char *warehouse_id;
        int64_t quantity; /* above 0: received; below: corrected */
        const char *reason;
        const char *actor;
} StockAdjustment;

typedef enum AdjustVerdict {
        ADJUST_DONE,
        ADJUST_NO_STOCK,
        ADJUST_BELOW_RESERVED,
} AdjustVerdict;

/*
 * Where inventory is kept. Every function that changes something is one transaction, and locks stock rows in
 * the order of SKU and warehouse. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED.
 */
typedef struct InventoryRepo InventoryRepo;
struct InventoryRepo {
        /* All lines or none. */
        const Error *(*reserve)(InventoryRepo *self, Ctx *ctx, const ReserveRequest *request,
                                ReserveOutcome *ret_outcome);

        /* ret_statuses: n_orders items, the status of each then; what the move is not for stays as it is. */
        const Error *(*move)(InventoryRepo *self, Ctx *ctx, const MoveRequest *request,
                             ReservationStatus *ret_statuses);

        /* Gives active reservations their full time from now. */
        const Error *(*extend)(InventoryRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               int64_t hold_ms);

        /* ret_reservation is NULL when the order has none. */
        const Error *(*find)(InventoryRepo *self, Ctx *ctx, const char *order_id,
                             const Reservation **ret_reservation);

        /*
         * The orders of at most INVENTORY_MAX_ORDERS expired active reservations that hold stock of these
         * lines. ret_is_enough: the lines could be held by now, since somebody else has freed some.
         */
        const Error *(*find_expired)(InventoryRepo *self, Ctx *ctx, const StockLine *lines, size_t n_lines,
                                     const char *const **ret_order_ids, size_t *ret_n_orders,
                                     bool *ret_is_enough);

        /* The same of any stock, that nobody else has claimed; they are claimed for claim_ms. */
        const Error *(*claim_expired)(InventoryRepo *self, Ctx *ctx, int64_t claim_ms,
                                      const char *const **ret_order_ids, size_t *ret_n_orders);

        /*
         * Forgets at most limit reservations that were released or expired long ago. What was held before
         * the clock stepped back ends now, however long it was to be held: then the owner is asked.
         */
        const Error *(*tidy)(InventoryRepo *self, Ctx *ctx, size_t limit, size_t *ret_n_forgotten);

        /* ret_stock is the row afterwards; unset for ADJUST_NO_STOCK. What is refused changes nothing. */
        const Error *(*adjust)(InventoryRepo *self, Ctx *ctx, const StockAdjustment *adjustment,
                               AdjustVerdict *ret_verdict, Stock *ret_stock);

        /* One per warehouse; warehouse_id "": all. */
        const Error *(*stock)(InventoryRepo *self, Ctx *ctx, const char *sku, const char *warehouse_id,
                              const Stock **ret_stock, size_t *ret_n_stock);
};

/* Who knows what became of the orders behind reservations. */
typedef struct ReservationOwner ReservationOwner;
struct ReservationOwner {
        /*
         * ret_moves  per order: RESERVATION_EXPIRE, RESERVATION_CONFIRM or RESERVATION_EXTEND;
         *            RESERVATION_KEEP when the owner does not say
         * errors     those of the call to the owner
         */
        const Error *(*resolve)(ReservationOwner *self, Ctx *ctx, const char *const *order_ids,
                                size_t n_orders, ReservationMove *ret_moves);
};

typedef struct InventoryUsecase {
        InventoryRepo *repo;
        ReservationOwner *owner;
        int64_t hold_ms; /* how long a reservation lasts */
} InventoryUsecase;

/*
 * Reserves stock for an order, all lines or none; lines of one SKU and warehouse are added up. An order that
 * has its reservation already gets that one, whatever is available now. When stock is short, expired
 * reservations are resolved first.
 *
 * errors     PRODUCT_OUT_OF_STOCK with one record per short line, in their order; HOLD_CLOSED, HOLD_MISMATCH
 * source     000 Error Handling 1; 002 3.2
 */
const Error *warehouse_reserve(InventoryUsecase *usecase, Ctx *ctx, const char *order_id,
                               const StockLine *lines, size_t n_lines,
                               const Reservation **ret_reservation) MUST_CHECK;

/*
 * Turns the reservations of orders into sales. One that is closed stays closed, and one among several that
 * cannot be sold now stays active: the caller sees it in its status.
 *
 * ret_statuses   n_orders items
 * source         002 3.5
 */
const Error *warehouse_confirm(InventoryUsecase *usecase, Ctx *ctx, const char *const *order_ids,
                               size_t n_orders, ReservationStatus *ret_statuses) MUST_CHECK;

/*
 * Gives back what is reserved or sold for orders; what is closed stays as it is. An order that holds nothing
 * is closed too, so that a hold which is still on its way is refused.
 */
const Error *warehouse_release(InventoryUsecase *usecase, Ctx *ctx, const char *const *order_ids,
                               size_t n_orders, const char *reason,
                               ReservationStatus *ret_statuses) MUST_CHECK;

/*
 * Keeps an active reservation for its full time from now; a confirmed one needs no time and is answered as it
 * is.
 *
 * errors     HOLD_NOT_FOUND, HOLD_CLOSED
 */
const Error *warehouse_extend(InventoryUsecase *usecase, Ctx *ctx, const char *order_id,
                              const Reservation **ret_reservation) MUST_CHECK;

/*
 * Receives stock, or corrects it; once per claim of the context.
 *
 * errors     INVALID_REQUEST for quantity 0; SKU_NOT_FOUND when there is nothing to correct;
 *            STOCK_BELOW_RESERVED with the numbers
 */
const Error *warehouse_adjust(InventoryUsecase *usecase, Ctx *ctx, const StockAdjustment *adjustment,
                              Stock *ret_stock) MUST_CHECK;

/*
 * Shows the stock of a SKU, one item per warehouse; expired reservations do not count as reserved.
 *
 * warehouse_id   "": all
 * errors         SKU_NOT_FOUND
 */
const Error *warehouse_stock(InventoryUsecase *usecase, Ctx *ctx, const char *sku, const char *warehouse_id,
                             const Stock **ret_stock, size_t *ret_n_stock) MUST_CHECK;

/*
 * Resolves at most INVENTORY_MAX_ORDERS expired reservations of any stock.
 *
 * ret_n_found    how many there were
 */
const Error *warehouse_sweep(InventoryUsecase *usecase, Ctx *ctx, size_t *ret_n_found) MUST_CHECK;

/*
 * What an event of an order ("order.confirmed") means to its reservation; RESERVATION_KEEP: nothing.
 */
ReservationMove warehouse_meaning(const char *event_type);

/*
 * Moves the reservations of orders, together or else each alone: one that cannot be moved, for a reason of
 * its own, is logged and stays as its status says.
 *
 * ret_statuses   n_orders items; not set by RESERVATION_EXTEND
 * errors         of a single one, or one that trying again later may mend: all of them are to be tried again
 */
const Error *warehouse_move(InventoryUsecase *usecase, Ctx *ctx, const MoveRequest *request,
                            ReservationStatus *ret_statuses, size_t *ret_n_moved) MUST_CHECK;

/* Resolves these expired reservations. ret_n_resolved: how many are not expired any more. */
const Error *warehouse_resolve(InventoryUsecase *usecase, Ctx *ctx, const char *const *order_ids,
                               size_t n_orders, size_t *ret_n_resolved) MUST_CHECK;

/* Who the ledger says it was when nobody asked. */
#define INVENTORY_ACTOR "warehouse"
