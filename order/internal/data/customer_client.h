/* The customer service, as the order business wants it; while it does not answer, what it said last. */
#pragma once

#include "base/callee.h"
#include "base/last_said.h"
#include "biz/order/ports.h"
#include "customer/v1/customer.rpc.h"

#define CUSTOMER_TIMEOUT_MS 3000

/*
 * Lives in arena; service and callee outlive it.
 *
 * callee   the customer service, whoever calls it from here
 * said     of this client alone
 */
Customers *order_customer_client_new(Arena *arena, CustomerService *customers, Callee *callee,
                                     LastSaid *said);
