/* The customer service itself, on a database of its own, without its loops; nobody logs in. */
#pragma once

#include "customer/v1/customer.rpc.h"

/* Without customers and benefits of tiers. Lives until the test ends, as *ret_dsn does. */
CustomerService *real_customers_new(const char **ret_dsn);
