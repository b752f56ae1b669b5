/* Messages of the customer service and what they mean to the business, one function per message. */
#pragma once

#include "biz/account/account.h"
#include "customer/v1/customer.rpc.h"

/* What is asked for; texts are borrowed from the message. */
Registration customer_registration_from_message(const CustomerV1RegisterCustomerRequest *request);
Preferences customer_preferences_from_message(const CustomerV1Preferences *message);
PaymentMethod customer_method_from_message(const CustomerV1AddPaymentMethodRequest *request);
Standing customer_standing_from_message(const CustomerV1SetStandingRequest *request);

/*
 * id           of the address; NULL: it has none yet
 * errors       INVALID_REQUEST of a part that both documents' words give differently
 */
const Error *customer_address_from_message(Arena *arena, const CustomerV1CustomerAddress *message,
                                           const char *id, CustomerAddress *ret_address) MUST_CHECK;

CustomerV1Customer *customer_to_message(Arena *arena, const Profile *profile);
CustomerV1CustomerContext *customer_context_to_message(Arena *arena, const Profile *profile);
CustomerV1CustomerAddress *customer_address_to_message(Arena *arena, const CustomerAddress *address);
CustomerV1PaymentMethod *customer_method_to_message(Arena *arena, const PaymentMethod *method);
CustomerV1Preferences *customer_preferences_to_message(Arena *arena, const Preferences *preferences);
CustomerV1Tokens *customer_tokens_to_message(Arena *arena, const Tokens *tokens);
CustomerV1Jwk *customer_key_to_message(Arena *arena, const PublicKey *key);

/* All addresses; *ret_n of them. */
CustomerV1CustomerAddress **customer_addresses_to_messages(Arena *arena, const Profile *profile,
                                                           size_t *ret_n);
CustomerV1PaymentMethod **customer_methods_to_messages(Arena *arena, const Profile *profile, size_t *ret_n);
