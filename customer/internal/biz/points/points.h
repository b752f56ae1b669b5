/*
 * Loyalty points: what orders earn, hold while they are placed, use, and give back. Each order's points are a
 * lot, which expires twelve months later; the lots that expire first are used first.
 *
 * A hold whose time is over is not simply given back: its order may be paying at that very moment. The owner
 * of the order says what became of it (see PointsOwner). Earned points that are taken back after they were
 * used are owed: what comes next pays them first.
 *
 * source     004 3, 4; 002 tail 3; 003 Customer Service Integration
 */
#pragma once

#include "biz/profile/profile.h"

/* A point is worth one smallest unit of it: 100 points are 1.00. */
#define POINTS_CURRENCY "USD"

/* Orders that one call commits, releases, revokes or resolves, at most. */
#define POINTS_MAX_ORDERS 100

/* How long a sweeper has to resolve the holds that it claimed before another one may. */
#define POINTS_CLAIM_MS INT64_C(10000)

/* Entries on a page of the ledger. */
#define POINTS_PAGE_DEFAULT 20
#define POINTS_PAGE_MAX 100

/* The numbers are those of the contract. */
typedef enum PointsStatus {
        POINTS_NONE = 0, /* the order has none */
        POINTS_HELD = 1,
        POINTS_COMMITTED = 2,
        POINTS_RELEASED = 3,
        POINTS_EXPIRED = 4,
} PointsStatus;

/* What an order holds or has used. */
typedef struct PointsHold {
        const char *order_id;
        const char *customer_id;
        int64_t points;
        PointsStatus status;
        int64_t expires_at_us; /* wall clock */
} PointsHold;

/* What may happen to what orders hold. */
typedef enum PointsMove {
        POINTS_KEEP,
        POINTS_COMMIT,  /* held: used for good */
        POINTS_RELEASE, /* held or used: given back */
        POINTS_EXPIRE,  /* held, with its time over: given back */
        POINTS_EXTEND,  /* held: its full time from now */
} PointsMove;

/* What an order earned. */
typedef struct PointsEarning {
        const char *order_id;
        const char *customer_id;
        int64_t points;
        bool is_revoked;
} PointsEarning;

typedef enum PointsKind {
        POINTS_KIND_EARNED,
        POINTS_KIND_USED,
        POINTS_KIND_RETURNED, /* used ones, of an order that came to nothing */
        POINTS_KIND_REVOKED,  /* earned ones, of such an order */
        POINTS_KIND_EXPIRED,
} PointsKind;

/* Its word, in messages: "earned". */
const char *customer_points_kind_word(PointsKind kind);

/* A line of the ledger. */
typedef struct PointsEntry {
        const char *entry_id;
        const char *order_id;
        PointsKind kind;
        int64_t points; /* below 0: they went */
        int64_t created_at_us;
} PointsEntry;

/* A place in the ledger, newest first; after the last entry of the page before. */
typedef struct PointsPosition {
        int64_t created_at_us;
        const char *entry_id;
} PointsPosition;

typedef struct PointsPage {
        const PointsEntry *entries;
        size_t n_entries;
        bool has_more;
} PointsPage;

/* Which of a customer's points expire within 30 days. */
typedef struct PointsExpiry {
        int64_t points;
        int64_t first_at_us; /* 0: none do */
} PointsExpiry;

typedef struct PointsBenefits {
        const Profile *profile;
        int64_t available; /* what he can use */
        int64_t owed;
        PointsExpiry expiry; /* of the available ones */
} PointsBenefits;

/* What an event of an order means to points. */
typedef struct OrderPoints {
        const char *order_id;
        const char *customer_id;
        PointsMove move;
        int64_t earned; /* of an order that is confirmed */
} OrderPoints;

/*
 * Where points are kept. Every function that changes something is one transaction, which locks the customers
 * in the order of their ids. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED.
 */
typedef struct PointsRepo PointsRepo;
struct PointsRepo {
        /* All of them or none. ret_is_held: false when the customer has too few, or the order has a hold. */
        const Error *(*hold)(PointsRepo *self, Ctx *ctx, const PointsHold *wanted, int64_t hold_ms,
                             bool *ret_is_held);

        /* POINTS_NONE when the order has none. */
        const Error *(*find)(PointsRepo *self, Ctx *ctx, const char *order_id, PointsHold *ret_hold);

        /* ret_statuses: n_orders items, the status of each then; what the move is not for stays as it is. */
        const Error *(*move)(PointsRepo *self, Ctx *ctx, PointsMove move, const char *const *order_ids,
                             size_t n_orders, PointsStatus *ret_statuses);

        /* Gives holds their full time from now. */
        const Error *(*extend)(PointsRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               int64_t hold_ms);

        /* ret_earning: what the order has earned then; that of an earlier call, when there was one. */
        const Error *(*earn)(PointsRepo *self, Ctx *ctx, const PointsEarning *wanted,
                             PointsEarning *ret_earning);

        /* An order that earned nothing yet never will. */
        const Error *(*revoke)(PointsRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders);

        /* What the customer can use, less what he owes. */
        const Error *(*balance)(PointsRepo *self, Ctx *ctx, const char *customer_id, int64_t *ret_points);

        const Error *(*expiry)(PointsRepo *self, Ctx *ctx, const char *customer_id,
                               PointsExpiry *ret_expiry);

        /* At most limit; after: NULL for the first page. */
        const Error *(*list)(PointsRepo *self, Ctx *ctx, const char *customer_id, const PointsPosition *after,
                             int64_t limit, const PointsEntry **ret_entries, size_t *ret_n);

        /* The orders of holds whose time is over and that nobody else has claimed; claimed for claim_ms. */
        const Error *(*claim_expired)(PointsRepo *self, Ctx *ctx, int64_t claim_ms,
                                      const char *const **ret_order_ids, size_t *ret_n_orders);

        /* Ends at most limit lots whose time is over. */
        const Error *(*expire_lots)(PointsRepo *self, Ctx *ctx, size_t limit, size_t *ret_n);

        /*
         * Forgets at most limit holds, and as many tombstones of lots, that were closed long ago. What was
         * held before the clock stepped back ends now: then the owner is asked.
         */
        const Error *(*tidy)(PointsRepo *self, Ctx *ctx, size_t limit, size_t *ret_n);
};

/* Who knows what became of the orders behind holds. */
typedef struct PointsOwner PointsOwner;
struct PointsOwner {
        /*
         * ret_moves  per order: POINTS_EXPIRE, POINTS_COMMIT or POINTS_EXTEND; POINTS_KEEP when the owner
         *            does not say
         * errors     those of the call to the owner
         */
        const Error *(*resolve)(PointsOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                PointsMove *ret_moves);
};

typedef struct PointsUsecase {
        PointsRepo *repo;
        PointsOwner *owner;
        ProfileRepo *profiles;
        int64_t hold_ms; /* how long a hold lasts */
} PointsUsecase;

/*
 * Shows what a customer has at checkout, to himself, an admin or a service.
 *
 * errors     NO_SUCH_CUSTOMER, also for one that is not the caller's
 */
const Error *customer_points_benefits(PointsUsecase *usecase, Ctx *ctx, const char *customer_id,
                                      PointsBenefits *ret_benefits) MUST_CHECK;

/*
 * Lists the customer's ledger, to whom it may be shown as above.
 *
 * after      NULL: the first page
 * page_size  0: POINTS_PAGE_DEFAULT
 * errors     NO_SUCH_CUSTOMER
 */
const Error *customer_points_list(PointsUsecase *usecase, Ctx *ctx, const char *customer_id,
                                  const PointsPosition *after, int64_t page_size,
                                  PointsPage *ret_page) MUST_CHECK;

/*
 * Gives the customer what an order earned, once.
 *
 * ret_balance    what he can use then, less what he owes
 * errors         NO_SUCH_CUSTOMER; POINTS_CLOSED: they were taken back; POINTS_MISMATCH
 */
const Error *customer_points_earn(PointsUsecase *usecase, Ctx *ctx, const PointsEarning *wanted,
                                  int64_t *ret_balance) MUST_CHECK;

/* Takes back what orders earned; what was used meanwhile is owed. */
const Error *customer_points_revoke(PointsUsecase *usecase, Ctx *ctx, const char *const *order_ids,
                                    size_t n_orders) MUST_CHECK;

/*
 * Holds points for an order, the oldest first. An order that has its hold already gets that one, whatever is
 * left now.
 *
 * errors     TOO_FEW_POINTS with how many there are; POINTS_CLOSED, POINTS_MISMATCH
 */
const Error *customer_points_hold(PointsUsecase *usecase, Ctx *ctx, const char *order_id,
                                  const char *customer_id, int64_t points, PointsHold *ret_hold) MUST_CHECK;

/*
 * POINTS_COMMIT counts what orders hold as used: one that is closed stays closed, as its status says.
 * POINTS_RELEASE gives back what they hold or have used; an order that holds nothing is closed too, so that a
 * hold which is still on its way is refused. POINTS_EXPIRE and POINTS_EXTEND are for the sweep.
 *
 * ret_statuses   n_orders items, not set by POINTS_EXTEND; one that cannot be moved, for a reason of its own,
 *                is logged and stays as its status says
 * errors         of a single one, or one that trying again later may mend: all of them are to be tried again
 */
const Error *customer_points_move(PointsUsecase *usecase, Ctx *ctx, PointsMove move,
                                  const char *const *order_ids, size_t n_orders,
                                  PointsStatus *ret_statuses) MUST_CHECK;

/*
 * Resolves at most POINTS_MAX_ORDERS holds whose time is over.
 *
 * ret_n_found    how many there were
 */
const Error *customer_points_sweep(PointsUsecase *usecase, Ctx *ctx, size_t *ret_n_found) MUST_CHECK;

/*
 * What an event of an order ("order.confirmed") means to its points: POINTS_COMMIT, and what it earned is
 * earned; POINTS_RELEASE, and what it earned is taken back; POINTS_KEEP: nothing.
 */
PointsMove customer_points_meaning(const char *event_type);
