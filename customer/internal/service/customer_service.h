/* The customer RPCs: messages in, accounts, messages out. */
#pragma once

#include "biz/account/account.h"
#include "customer/v1/customer.rpc.h"

/* Lives in arena; accounts must outlive it. */
CustomerService *customer_service_new(Arena *arena, AccountUsecase *accounts);
