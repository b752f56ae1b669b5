/*
 * What the use case needs from outside, as it wants to see it. The data layer implements these; tests bring
 * fakes. Every call may also fail with UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, or internally. Outputs live
 * in ctx->arena.
 */
#pragma once

#include "biz/order/order.h"

/* Where a saga stands: the row that carries one order through its steps, whichever process is alive. */
typedef enum SagaStep {
        SAGA_CLAIMED,        /* the key is taken, the order not written yet */
        SAGA_PAYMENT,        /* written; the payment's outcome is to be found out */
        SAGA_AWAIT_CUSTOMER, /* the customer must act before the payment goes on */
        SAGA_SETTLE,         /* confirmed; the hold is to be turned into a sale */
        SAGA_CANCEL,         /* confirmed, and to be cancelled unless something of it was shipped */
        SAGA_COMPENSATE,     /* failed, cancelled or given up; money and holds are to be given back */
        SAGA_DONE,
} SagaStep;

/* Of a saga that nobody has taken over. */
#define SAGA_FIRST_EPOCH 1

/* No pause of a saga is longer. */
#define SAGA_LONGEST_PAUSE_MS 8000

/* Kinds of what is held for an order, as bits of a set; those of order_sagas.holds. */
#define HOLDS_STOCK 1u
#define HOLDS_USES 2u /* of promotions, and of their budgets */
#define HOLDS_POINTS 4u
#define HOLDS_ANY (HOLDS_STOCK | HOLDS_USES | HOLDS_POINTS)

/*
 * What stands in a saga's row. A process that writes it either keeps its lease (is_leased), or gives it up
 * and says with pause_ms how soon any process may take the saga over.
 */
typedef struct Saga {
        const char *order_id;
        const char *customer_id;
        const char *idempotency_key; /* NULL: none */
        SagaStep step;
        SagaStep row_step; /* as its row was last seen: with the epoch it fences every write */
        int64_t epoch;     /* moves with each taking over, from SAGA_FIRST_EPOCH; 0: no row yet */
        bool is_leased;
        unsigned holds;         /* what may be held for the order, or sold to it: a set of kinds */
        int64_t pause_ms;       /* when not leased */
        int64_t attempts;       /* since the last progress */
        const char *last_error; /* NULL: none */
        Bytes answer;           /* the stored answer, empty until there is one */

        /* Of one that stands at SAGA_CANCEL. */
        SagaStep back_to;          /* where it goes on when the order is not cancelled */
        const char *cancel_reason; /* NULL: none given */
} Saga;

/* What an idempotency key stands for. */
typedef struct Claim {
        Saga saga;                /* with the order id that this key has */
        bool is_mine;             /* this call goes on with it, newly (step CLAIMED) or at the step reached */
        bool is_same_request;     /* as the one that the key was claimed with */
        OrderStatus order_status; /* of the order's row; ORDER_ANY_STATUS: none yet */
} Claim;

/* How confirming what one saga holds went. */
typedef struct Settlement {
        const Saga *saga;
        const char *problem; /* NULL: it is confirmed */
        int64_t pause_ms;    /* before the next try */
        const char *review;  /* of what is confirmed: why a person must look; NULL: nobody must */
} Settlement;

typedef struct SagaStore SagaStore;
struct SagaStore {
        /*
         * Claims wanted's key for its order id; or takes over the order with that key whose owner died behind
         * its INSERT; or reads what has the key.
         */
        const Error *(*claim)(SagaStore *self, Ctx *ctx, const Saga *wanted, Bytes request, Claim *ret_claim);

        /*
         * Takes over up to limit sagas that are due in that set of steps; one that is only CLAIMED is given
         * up by it.
         */
        const Error *(*take_due)(SagaStore *self, Ctx *ctx, unsigned steps, size_t limit, Saga **ret_sagas,
                                 size_t *ret_n);

        /* Reads the answer that is stored with an order's key; empty while there is none. */
        const Error *(*answer)(SagaStore *self, Ctx *ctx, const char *order_id, Bytes *ret_answer);

        /* Takes over the saga of one order, whoever has it. */
        const Error *(*seize)(SagaStore *self, Ctx *ctx, const char *order_id, Saga *ret_saga);

        /*
         * Gives the lease back for pause_ms, with attempts and last error, at the step reached.
         * errors: SAGA_FENCED
         */
        const Error *(*let_go)(SagaStore *self, Ctx *ctx, const Saga *saga);

        /*
         * Makes sure that the order id never becomes an order: its saga stands at COMPENSATE from now on,
         * with an epoch that fences what is still on its way to the database.
         *
         * errors     SAGA_FENCED: it is another's, or the order has been written after all
         */
        const Error *(*give_up)(SagaStore *self, Ctx *ctx, Saga *saga);

        /*
         * Ends a saga that was given up, so that its key starts anew. Without a key its row stays for a day
         * as a tombstone, which a late INSERT of the order meets. errors: SAGA_FENCED
         */
        const Error *(*forget)(SagaStore *self, Ctx *ctx, const Saga *saga);

        /*
         * Ends the settled sagas, with what a person must look at, and notes or clears the problems, in one
         * transaction; skips the fenced.
         */
        const Error *(*settle)(SagaStore *self, Ctx *ctx, const Settlement *settlements, size_t n);
};

/* One change of an order; when its status moves, history and event are written with it. */
typedef struct OrderChange {
        OrderStatus from;   /* what the row must still be in, at the version before */
        const char *reason; /* NULL: none */
        const char *review; /* why a person must look at it; NULL: nobody must */
} OrderChange;

/* A place in a list, newest first; after the last item of the page before. */
typedef struct OrderPosition {
        int64_t created_at_us;
        const char *order_id;
} OrderPosition;

typedef struct OrderQuery {
        const char *customer_id;    /* NULL: all */
        OrderStatus status;         /* ORDER_ANY_STATUS: all */
        const OrderPosition *after; /* NULL: from the first */
        int64_t limit;
} OrderQuery;

/* What one customer may have; 0: any number. */
typedef struct OrderLimits {
        int64_t n_unpaid;   /* orders at a time that hold stock and are not paid */
        int64_t n_declines; /* orders that were not paid, in declines_ms; then there is a pause */
        int64_t declines_ms;
} OrderLimits;

/* What one customer has of it. */
typedef struct OrderStanding {
        int64_t n_unpaid; /* counted up to the limit */
        int64_t pause_ms; /* until fewer than the limit are that young; 0 or less: there is no pause */
} OrderStanding;

typedef struct OrderRepo OrderRepo;
struct OrderRepo {
        /* Gives the next order number of that year. */
        const Error *(*next_number)(OrderRepo *self, Ctx *ctx, int year, const char **ret_number);

        /*
         * Writes a new order, its items, history, saga and event in one transaction.
         *
         * errors     HOLD_ENDS, SAGA_FENCED, WRITE_UNCERTAIN: written or not
         */
        const Error *(*insert)(OrderRepo *self, Ctx *ctx, const Order *order, Saga *saga);

        /*
         * Writes a change of the order and where its saga stands in one transaction.
         *
         * errors     ORDER_MOVED, SAGA_FENCED, WRITE_UNCERTAIN
         */
        const Error *(*save)(OrderRepo *self, Ctx *ctx, const Order *order, Saga *saga,
                             const OrderChange *change);

        /* By id or number. *ret_order is NULL when there is none. */
        const Error *(*find)(OrderRepo *self, Ctx *ctx, const char *id_or_number, Order **ret_order);

        const Error *(*list)(OrderRepo *self, Ctx *ctx, const OrderQuery *query, Order **ret_orders,
                             size_t *ret_n);

        /* Per id the order's status, and whether an order may still come of it. */
        const Error *(*hold_states)(OrderRepo *self, Ctx *ctx, const char *const *order_ids, size_t n,
                                    OrderStatus *ret_statuses, bool *ret_claimed);

        const Error *(*standing)(OrderRepo *self, Ctx *ctx, const char *customer_id,
                                 const OrderLimits *limits, OrderStanding *ret_standing);

        const Error *(*timeline)(OrderRepo *self, Ctx *ctx, const char *order_id, Timeline *ret_timeline);
};

typedef struct Product {
        const char *product_id; /* NULL: there is no such SKU */
        const char *sku;
        const char *name;
        bool is_for_sale;
        const char *seller_id;
        const char *tax_class;
        int64_t base_price_minor;
        const char *currency;            /* of the base price; NULL: it has none */
        const char *const *category_ids; /* its own and those above it, the nearest first */
        size_t n_category_ids;
        ProductSize size;
} Product;

/* Complete product data [000 Get Complete Product Data]. */
typedef struct Catalog Catalog;
struct Catalog {
        /*
         * ret_products  room for n: one per SKU, in the same order
         * ret_is_old    whether it does not answer, so that this is what it said last
         */
        const Error *(*load)(Catalog *self, Ctx *ctx, const char *const *skus, size_t n,
                             Product *ret_products, bool *ret_is_old);
};

/* A line to be priced. */
typedef struct PriceLine {
        const Product *product;
        const char *warehouse;
        int64_t quantity;
} PriceLine;

/* What is to be priced: a whole cart, for whom, and where it goes. */
typedef struct PriceQuestion {
        const PriceLine *lines;
        size_t n_lines;
        const char *currency;
        const char *tier;
        const OrderAddress *to;
} PriceQuestion;

typedef struct LinePrice {
        int64_t unit_price_minor;
        const char *tax_class;
        int64_t tax_ppm;
        bool taxes_shipping;
} LinePrice;

typedef struct BulkDiscount {
        const char *name;
        int64_t amount_minor;
} BulkDiscount;

typedef struct PriceAnswer {
        LinePrice *lines; /* one per line of the question, in the same order */
        BulkDiscount *bulk_discounts;
        size_t n_bulk_discounts;
        int64_t rules_version; /* of the oldest part */
        int64_t rules_at_us;
        bool is_old; /* pricing does not answer: what it said last, or base prices */
} PriceAnswer;

/* Prices, bulk discounts and taxes [000 Step 4]. */
typedef struct Prices Prices;
struct Prices {
        /* Amounts are in the question's currency. errors: PRICE_UNAVAILABLE (of pricing), TAX_UNAVAILABLE */
        const Error *(*calculate)(Prices *self, Ctx *ctx, const PriceQuestion *question,
                                  PriceAnswer *ret_answer);
};

typedef struct Customer {
        bool is_known;
        bool is_active;
        const char *name;
        const char *email;
        const char *tier;
        int64_t tier_discount_bp;
        int64_t points; /* that he can use, less those that he owes */
} Customer;

/* Customer context [000 Customer Validation]. */
typedef struct Customers Customers;
struct Customers {
        /* ret_is_old   whether they do not answer: this is what they said last of one who may order */
        const Error *(*load)(Customers *self, Ctx *ctx, const char *customer_id, Customer *ret_customer,
                             bool *ret_is_old);
};

/* What is asked of promotions: which of them make a cart cheaper. */
typedef struct PromotionQuestion {
        const Order *order;      /* its lines with their prices, its customer and its currency */
        const Product *products; /* one per line */
        const char *const *codes;
        size_t n_codes;
        const char *const *without; /* ids of campaigns that are left out */
        size_t n_without;
} PromotionQuestion;

/* A campaign that is taken off. */
typedef struct AppliedPromotion {
        const char *campaign_id;
        int64_t version;
        const char *code; /* NULL: it needs none */
        const char *description;
        int64_t amount_minor;              /* above 0 */
        const int64_t *line_amounts_minor; /* one per line of the order */
} AppliedPromotion;

/* Of a code that is valid, while the best combination is without it. */
#define PROMOTION_NOT_STACKABLE "NOT_STACKABLE"

/* A code that is not taken off. */
typedef struct RefusedCode {
        const char *code;
        const char *reason; /* "EXPIRED", or PROMOTION_NOT_STACKABLE */
} RefusedCode;

typedef struct PromotionAnswer {
        AppliedPromotion *applied; /* in the order in which they are taken off */
        size_t n_applied;
        RefusedCode *refused;
        size_t n_refused;
        bool is_away; /* promotions do not answer: none is taken off */
} PromotionAnswer;

/* A campaign that has too little left for an order. */
typedef struct GoneUse {
        const char *campaign_id;
        const char *reason; /* "USAGE_LIMIT_REACHED" or "BUDGET_EXHAUSTED" */
} GoneUse;

/* What became of one order's hold when it was confirmed. */
typedef enum ConfirmState {
        CONFIRM_DONE,
        CONFIRM_LATER, /* not now; asking again may help */
        CONFIRM_LOST,  /* there is no such hold any more */
} ConfirmState;

/* Promotions, and the uses of them that orders hold [000 Step 11, Invalid Promotion Code]. */
typedef struct Promotions Promotions;
struct Promotions {
        /* Amounts are in the order's currency. With codes, a service that does not answer is an error. */
        const Error *(*evaluate)(Promotions *self, Ctx *ctx, const PromotionQuestion *question,
                                 PromotionAnswer *ret_answer);

        /*
         * Holds one use, and the amount, of each campaign of the order's discounts: all or none. Asking again
         * for the same order and the same amounts gives the hold it has.
         *
         * ret_gone   the campaigns that have too little left; unless there are none, nothing is held
         * errors     HOLD_EXPIRED: it had a hold, which is over, or is of other campaigns or amounts
         */
        const Error *(*hold)(Promotions *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us,
                             GoneUse **ret_gone, size_t *ret_n_gone);

        /* Counts what orders hold for good. ret_states has room for n: one per order id. */
        const Error *(*commit)(Promotions *self, Ctx *ctx, const char *const *order_ids, size_t n,
                               ConfirmState *ret_states);

        /* Gives everything back, held or counted; what is not held yet can never be held any more. */
        const Error *(*release)(Promotions *self, Ctx *ctx, const char *order_id);
};

/* Points that orders are partly paid with [004 4]. */
typedef struct Points Points;
struct Points {
        /*
         * Holds the points that the order uses, all or none. Asking again for the same order gives the hold
         * it has.
         *
         * errors     TOO_FEW_POINTS (of customer), a failed precondition; HOLD_EXPIRED: it had a hold, which
         *            is over, or is of other points
         */
        const Error *(*hold)(Points *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us);

        /* Counts what orders hold as used. ret_states has room for n: one per order id. */
        const Error *(*commit)(Points *self, Ctx *ctx, const char *const *order_ids, size_t n,
                               ConfirmState *ret_states);

        /* Gives everything back, held or used; what is not held yet can never be held any more. */
        const Error *(*release)(Points *self, Ctx *ctx, const char *order_id);
};

typedef struct ShippingQuote {
        int64_t cost_minor;
        int64_t taxable_minor; /* the part of it that taxes are due on */
        const char *estimated_delivery;
        int64_t rates_version; /* with both the same is computed again */
        int64_t rates_at_us;
} ShippingQuote;

/* One of the ways to send an order. */
typedef struct ShippingWay {
        const char *method;
        ShippingQuote quote;
} ShippingWay;

/* The numbers are those of the contract. */
typedef enum ShipmentStatus {
        SHIPMENT_CREATED = 1,
        SHIPMENT_SHIPPED = 2,
        SHIPMENT_DELIVERED = 3,
        SHIPMENT_CANCELLED = 4,
} ShipmentStatus;

typedef struct ShipmentItem {
        const char *product_id, *sku, *name;
        int64_t quantity;
} ShipmentItem;

/* What one seller sends of an order from one warehouse. */
typedef struct Shipment {
        const char *id;
        const char *seller_id; /* "": not known, as the other texts below */
        const char *warehouse_id;
        ShipmentStatus status;
        const char *carrier;
        const char *tracking_number;
        const char *estimated_delivery; /* "2024-08-15" */
        int64_t shipped_at_us;          /* 0: it was not, as the next */
        int64_t delivered_at_us;
        ShipmentItem *items;
        size_t n_items;
} Shipment;

/* What the way costs, and what is sent of orders [000 Step 5]. */
typedef struct Shipping Shipping;
struct Shipping {
        /*
         * Says what it costs to send the order's lines by its method to its address, a parcel per seller and
         * warehouse, in its currency and for its customer's tier.
         *
         * errors     SHIPPING_UNAVAILABLE; INVALID_REQUEST with the order's field
         */
        const Error *(*quote)(Shipping *self, Ctx *ctx, const Order *order, ShippingQuote *ret_quote);

        /* The same of every method: at least one, and the order's is among them when it has one. */
        const Error *(*ways)(Shipping *self, Ctx *ctx, const Order *order, ShippingWay **ret_ways,
                             size_t *ret_n);

        /*
         * Cancels what would be sent of the order, and sees to it that nothing is sent later; may be done
         * twice.
         *
         * reason     NULL: none
         * errors     ALREADY_SHIPPED (of shipping), a failed precondition: something was shipped, and nothing
         *            is cancelled
         */
        const Error *(*cancel)(Shipping *self, Ctx *ctx, const char *order_id, const char *reason);

        /* Shows what is sent of an order; nothing, as long as no shipment is made. */
        const Error *(*track)(Shipping *self, Ctx *ctx, const char *order_id, Shipment **ret_shipments,
                              size_t *ret_n);
};

typedef struct Stock Stock;
struct Stock {
        /*
         * Holds all lines or none; asking again for the same order gives the hold it has.
         *
         * errors     PRODUCT_OUT_OF_STOCK with every short line; HOLD_EXPIRED: it had one, which is over
         */
        const Error *(*reserve)(Stock *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us);

        /* ret_states has room for n: one per order id. */
        const Error *(*confirm)(Stock *self, Ctx *ctx, const char *const *order_ids, size_t n,
                                ConfirmState *ret_states);

        /* Gives everything back, held or already sold; harmless when there is nothing. */
        const Error *(*release)(Stock *self, Ctx *ctx, const char *order_id, const char *reason);
};

typedef enum PaymentOutcome {
        OUTCOME_UNCLEAR,        /* under way, or in doubt */
        OUTCOME_TAKEN,          /* captured */
        OUTCOME_ON_DELIVERY,    /* captured when the goods are handed over */
        OUTCOME_DECLINED,       /* it is refused for good, nothing is captured */
        OUTCOME_REFUSED,        /* the request is refused; what became of an earlier one is not said */
        OUTCOME_NEEDS_CUSTOMER, /* goes on when the customer has acted */
        OUTCOME_GIVEN_BACK,     /* refunded, or ended before anything was captured */
} PaymentOutcome;

typedef struct PaymentResult {
        PaymentOutcome outcome;
        const char *transaction_id;
        const char *last4;
        const char *error;
        const char *action_url;
        int64_t refunded_minor;
} PaymentResult;

typedef struct Payments Payments;
struct Payments {
        /* *ret_problem is NULL when the method can be used, else why not. */
        const Error *(*validate)(Payments *self, Ctx *ctx, const OrderPayment *payment,
                                 const char **ret_problem);

        /* Takes the order's total once per payment id; asking again tells what became of it. */
        const Error *(*process)(Payments *self, Ctx *ctx, const Order *order, PaymentResult *ret_result);

        /* Ends the payment for good: what was captured goes back, and whoever asks later finds it closed. */
        const Error *(*refund)(Payments *self, Ctx *ctx, const Order *order, const char *reason,
                               PaymentResult *ret_result);
};

/* Tells the loop that confirms holds that there is something to do; never waits. */
typedef struct Wakeups Wakeups;
struct Wakeups {
        void (*settle)(Wakeups *self);
};
