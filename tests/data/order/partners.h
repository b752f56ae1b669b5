/* A warehouse and a payment service that keep books in memory and fail as they are told. Thread-safe. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "payment/v1/payment.rpc.h"
#include "warehouse/v1/warehouse.rpc.h"

#define PARTNER_ORDERS 4096

typedef struct Warehouse {
        WarehouseService base;
        pthread_mutex_t lock;
        struct {
                char order_id[64];
                WarehouseV1ReservationStatus status;
        } holds[PARTNER_ORDERS];
        size_t n_holds;
        atomic_int hold_s; /* how long a hold lasts */
        atomic_bool is_short, is_away, cannot_confirm;
        atomic_bool answers_get_lost; /* of what is held */
        atomic_int n_confirm_calls;
} Warehouse;

void warehouse_init(Warehouse *warehouse);

/* Brings every hold into that status; RESERVATION_STATUS_UNSPECIFIED: there is none any more. */
void warehouse_lose(Warehouse *warehouse, WarehouseV1ReservationStatus status);

/* RESERVATION_STATUS_UNSPECIFIED: no such hold. */
WarehouseV1ReservationStatus warehouse_status(Warehouse *warehouse, const char *order_id);
size_t warehouse_count(Warehouse *warehouse, WarehouseV1ReservationStatus status);

typedef struct PaymentBook {
        PaymentService base;
        pthread_mutex_t lock;
        struct {
                char payment_id[64];
                char currency[4];
                PaymentV1PaymentStatus status;
                int64_t amount_minor;
                int n_charges;
        } payments[PARTNER_ORDERS];
        size_t n_payments;
        atomic_int outcome; /* PaymentV1PaymentStatus of the payments to come */
        atomic_bool is_away, answers_get_lost, refuses, never_answers;
        atomic_int stall_ms;
        atomic_int n_process_calls;
} PaymentBook;

void payment_book_init(PaymentBook *book);

/* Captured and not given back, of all payments. */
int64_t payment_book_kept_minor(PaymentBook *book);
