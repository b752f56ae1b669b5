/* The payment RPCs: messages in, payments, messages out. */
#pragma once

#include "biz/payment/payment.h"
#include "payment/v1/payment.rpc.h"

/* Lives in arena; payments must outlive it. */
PaymentService *payment_service_new(Arena *arena, PaymentUsecase *payments);
