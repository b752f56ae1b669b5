#include "service/mapping.h"

#include "base/str.h"
#include "proto/values.h"

#define MS_PER_S 1000

Registration customer_registration_from_message(const CustomerV1RegisterCustomerRequest *request) {
        return (Registration) {
                .email = request->email,
                .password = request->password,
                .name = request->name,
                .phone = str_or_null(request->phone),
        };
}

CustomerV1Customer *customer_to_message(Arena *arena, const Customer *customer) {
        CustomerV1Customer *message = customer_v1_customer_new(arena);

        message->customer_id = str_or_empty(customer->customer_id);
        message->email = str_or_empty(customer->email);
        message->name = str_or_empty(customer->name);
        message->phone = str_or_empty(customer->phone);
        message->active = customer->is_active;
        message->created_at = proto_time_to_message(arena, customer->created_at_us);
        return message;
}

CustomerV1Tokens *customer_tokens_to_message(Arena *arena, const Tokens *tokens) {
        CustomerV1Tokens *message = customer_v1_tokens_new(arena);

        message->access_token = str_or_empty(tokens->access);
        message->token_type = "Bearer";
        message->expires_in = tokens->access_lifetime_ms / MS_PER_S;
        message->refresh_token = str_or_empty(tokens->refresh);
        message->refresh_expires_in = tokens->refresh_lifetime_ms / MS_PER_S;
        message->subject = str_or_empty(tokens->subject);
        message->roles = ctx_words_of_roles(arena, tokens->roles, &message->n_roles);
        return message;
}

CustomerV1Jwk *customer_key_to_message(Arena *arena, const PublicKey *key) {
        CustomerV1Jwk *message = customer_v1_jwk_new(arena);

        message->kid = str_or_empty(key->kid);
        message->kty = "EC";
        message->crv = "P-256";
        message->alg = "ES256";
        message->use = "sig";
        message->x = str_or_empty(key->x);
        message->y = str_or_empty(key->y);
        message->millrace_may =
                ctx_words_of_roles(arena, ACCOUNT_ROLES, &message->n_millrace_may);
        return message;
}
