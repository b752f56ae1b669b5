/* The customer service as the one who knows what customers want. */
#pragma once

#include "biz/review/request.h"
#include "customer/v1/customer.rpc.h"

/* How long a request waits for what its customer wants. */
#define REVIEW_CUSTOMER_TIMEOUT_MS 3000

/* Lives in arena; customers must outlive it. */
Preferences *review_preference_client_new(Arena *arena, CustomerService *customers);
