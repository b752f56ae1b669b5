/* A customer service that knows a few customers by heart and fails as it is told. Thread-safe. */
#pragma once

#include <stdatomic.h>

#include "customer/v1/customer.rpc.h"

/* CUST-12345 is gold with 5 %, CUST-CLOSED may not order, any other CUST-... is bronze; there are no more. */
typedef struct CustomerBook {
        CustomerService base;
        atomic_int mood; /* Mood, of market.h */
        atomic_int n_calls;
        atomic_bool closes_all;
        atomic_llong more_bp; /* than a tier takes off first */
        atomic_bool swaps_ids, says_nothing;
        atomic_bool is_asked_for_somebody; /* and not by the order service itself */
} CustomerBook;

void customer_book_init(CustomerBook *book);
