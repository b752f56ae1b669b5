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

Preferences customer_preferences_from_message(const CustomerV1Preferences *message) {
        return (Preferences) {
                .notifications = message->notifications,
                .marketing = message->marketing,
                .review_requests = message->review_requests,
        };
}

PaymentMethod customer_method_from_message(const CustomerV1AddPaymentMethodRequest *request) {
        return (PaymentMethod) {
                .type = request->type,
                .token = request->token,
                .brand = request->brand,
                .last4 = str_or_null(request->last4),
                .is_default = request->is_default,
        };
}

Standing customer_standing_from_message(const CustomerV1SetStandingRequest *request) {
        const CustomerV1CreditLimit *limit = request->credit_limit;

        return (Standing) {
                .is_active = str_equal(request->status, "active"),
                .tier = customer_tier_of(request->tier),
                .has_tier_until = request->tier_until != NULL,
                .tier_until_us = proto_time_from_message(request->tier_until),
                .segments = request->segments,
                .n_segments = request->n_segments,
                .has_credit_limit = limit != NULL,
                .credit_limit_minor = limit ? limit->amount_minor : 0,
        };
}

/* One of two words for the same part; NULL: neither is given. */
static const Error *either(Arena *arena, const char *field, const char *one, const char *other,
                           const char **ret_text) {
        bool has_one = !str_is_blank(one), has_other = !str_is_blank(other);

        if (has_one && has_other && !str_equal(one, other))
                return error_invalid(arena, field, "must be the same in both words for it, or in one");
        *ret_text = has_one ? one : has_other ? other : NULL;
        return NULL;
}

const Error *customer_address_from_message(Arena *arena, const CustomerV1CustomerAddress *message,
                                           const char *id, CustomerAddress *ret_address) {
        CustomerAddress address = {
                .id = id,
                .type = message->type,
                .line2 = str_or_null(message->address_line2),
                .city = message->city,
                .state = str_or_null(message->state),
                .country = message->country,
                .contact_name = str_or_null(message->contact_name),
                .contact_phone = str_or_null(message->contact_phone),
                .is_default = message->is_default,
        };

        TRY(either(arena, "address.street", message->street, message->address_line1, &address.line1));
        TRY(either(arena, "address.zipCode", message->zip_code, message->postal_code, &address.postal_code));
        *ret_address = address;
        return NULL;
}

CustomerV1CustomerAddress *customer_address_to_message(Arena *arena, const CustomerAddress *address) {
        CustomerV1CustomerAddress *message = customer_v1_customer_address_new(arena);

        message->id = str_or_empty(address->id);
        message->type = str_or_empty(address->type);
        message->street = message->address_line1 = str_or_empty(address->line1);
        message->address_line2 = str_or_empty(address->line2);
        message->city = str_or_empty(address->city);
        message->state = str_or_empty(address->state);
        message->zip_code = message->postal_code = str_or_empty(address->postal_code);
        message->country = str_or_empty(address->country);
        message->contact_name = str_or_empty(address->contact_name);
        message->contact_phone = str_or_empty(address->contact_phone);
        message->is_default = address->is_default;
        return message;
}

CustomerV1CustomerAddress **customer_addresses_to_messages(Arena *arena, const Profile *profile,
                                                           size_t *ret_n) {
        size_t n = profile->n_addresses;
        CustomerV1CustomerAddress **messages = ARENA_ARRAY(arena, CustomerV1CustomerAddress *, n);

        for (size_t i = 0; i < n; i++)
                messages[i] = customer_address_to_message(arena, &profile->addresses[i]);
        *ret_n = n;
        return messages;
}

CustomerV1PaymentMethod *customer_method_to_message(Arena *arena, const PaymentMethod *method) {
        CustomerV1PaymentMethod *message = customer_v1_payment_method_new(arena);

        message->id = str_or_empty(method->id);
        message->type = str_or_empty(method->type);
        message->last4 = str_or_empty(method->last4);
        message->brand = str_or_empty(method->brand);
        message->is_default = method->is_default;
        return message;
}

CustomerV1PaymentMethod **customer_methods_to_messages(Arena *arena, const Profile *profile, size_t *ret_n) {
        size_t n = profile->n_methods;
        CustomerV1PaymentMethod **messages = ARENA_ARRAY(arena, CustomerV1PaymentMethod *, n);

        for (size_t i = 0; i < n; i++)
                messages[i] = customer_method_to_message(arena, &profile->methods[i]);
        *ret_n = n;
        return messages;
}

CustomerV1Preferences *customer_preferences_to_message(Arena *arena, const Preferences *preferences) {
        CustomerV1Preferences *message = customer_v1_preferences_new(arena);

        message->notifications = preferences->notifications;
        message->marketing = preferences->marketing;
        message->review_requests = preferences->review_requests;
        return message;
}

/* NULL for none. */
static CustomerV1CustomerAddress *default_address(Arena *arena, const Profile *profile, const char *type) {
        const CustomerAddress *address = customer_default_address(profile, type);

        return address ? customer_address_to_message(arena, address) : NULL;
}

CustomerV1Customer *customer_to_message(Arena *arena, const Profile *profile) {
        CustomerV1Customer *message = customer_v1_customer_new(arena);

        message->customer_id = str_or_empty(profile->customer_id);
        message->email = str_or_empty(profile->email);
        message->name = str_or_empty(profile->name);
        message->phone = str_or_empty(profile->phone);
        message->active = profile->standing.is_active;
        message->created_at = proto_time_to_message(arena, profile->created_at_us);
        message->version = profile->version;
        message->tier = customer_tier_word(profile->tier);
        message->segments = (const char **) profile->standing.segments;
        message->n_segments = profile->standing.n_segments;
        message->addresses = customer_addresses_to_messages(arena, profile, &message->n_addresses);
        message->shipping_address = default_address(arena, profile, ADDRESS_SHIPPING);
        message->billing_address = default_address(arena, profile, ADDRESS_BILLING);
        message->preferences = customer_preferences_to_message(arena, &profile->preferences);
        return message;
}

CustomerV1CustomerContext *customer_context_to_message(Arena *arena, const Profile *profile) {
        CustomerV1CustomerContext *message = customer_v1_customer_context_new(arena);
        const Standing *standing = &profile->standing;

        message->customer_id = str_or_empty(profile->customer_id);
        message->name = str_or_empty(profile->name);
        message->email = str_or_empty(profile->email);
        message->active = standing->is_active;
        message->tier = customer_tier_word(profile->tier);
        message->tier_discount_bp = profile->tier_discount_bp;
        message->points = profile->points;
        message->segments = (const char **) standing->segments;
        message->n_segments = standing->n_segments;
        message->addresses = customer_addresses_to_messages(arena, profile, &message->n_addresses);
        if (standing->has_credit_limit)
                message->credit_limit =
                        proto_money_to_message(arena, standing->credit_limit_minor, PROFILE_CURRENCY);
        message->version = profile->version;
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
