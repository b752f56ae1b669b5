/* Messages of the customer service and what they mean to the business, one function per message. */
#pragma once

#include "biz/account/account.h"
#include "customer/v1/customer.rpc.h"

/* What is asked for; texts are borrowed from the message. */
Registration customer_registration_from_message(const CustomerV1RegisterCustomerRequest *request);

CustomerV1Customer *customer_to_message(Arena *arena, const Customer *customer);
CustomerV1Tokens *customer_tokens_to_message(Arena *arena, const Tokens *tokens);
CustomerV1Jwk *customer_key_to_message(Arena *arena, const PublicKey *key);
