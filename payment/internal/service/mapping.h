/* Messages of the payment service and what they mean to the business, one function per message. */
#pragma once

#include "biz/payment/payment.h"
#include "payment/v1/payment.rpc.h"

/* What is asked for; texts are borrowed from the message. */
Payment payment_from_message(const PaymentV1ProcessPaymentRequest *request);

PaymentV1Payment *payment_to_message(Arena *arena, const Payment *payment);
