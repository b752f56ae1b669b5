#include <signal.h>
#include <string.h>

#include "events/v1/order.rpc.h"
#include "json/codec.h"
#include "order/v1/order.rpc.h"
#include "sample.h"
#include "support.h"

static const char *written(const MessageInfo *info, const void *message) {
        StrBuf out = { .arena = test_ctx()->arena };

        json_add_message(&out, info, message);
        return strbuf_text(&out);
}

static const char *write_string(const char *text) {
        StrBuf out = { .arena = test_ctx()->arena };

        json_add_string(&out, text);
        return strbuf_text(&out);
}

static CommonV1Money *usd(int64_t minor) {
        CommonV1Money *money = common_v1_money_new(test_ctx()->arena);

        money->minor = minor;
        money->currency = "USD";
        return money;
}

static Google__Protobuf__Timestamp *at(int64_t seconds) {
        Google__Protobuf__Timestamp *time = ARENA_NEW(test_ctx()->arena, Google__Protobuf__Timestamp);

        google__protobuf__timestamp__init(time);
        time->seconds = seconds;
        return time;
}

TEST(escapes_what_a_json_string_must_not_hold) {
        ck_assert_str_eq(write_string(""), "\"\"");
        ck_assert_str_eq(write_string("plain"), "\"plain\"");
        ck_assert_str_eq(write_string("\"a\\b\""), "\"\\\"a\\\\b\\\"\"");
        ck_assert_str_eq(write_string("\x01\n\x1F\x7F"), "\"\\u0001\\u000a\\u001f\x7F\"");
        ck_assert_str_eq(write_string("caf\xC3\xA9 \xE2\x80\xA8 \xF0\x9F\x9A\x80/"),
                         "\"caf\xC3\xA9 \xE2\x80\xA8 \xF0\x9F\x9A\x80/\"");
}

TEST(shows_what_is_absent_as_its_field_says) {
        ck_assert_str_eq(
                written(&sample_info, proto_message_new(test_ctx()->arena, &sample_info)),
                "{\"id\":\"\",\"total\":0,\"small\":0,\"count\":0,\"large\":0,\"flag\":false,\"blob\":\"\","
                "\"colour\":\"UNSPECIFIED\",\"lines\":[],\"mainLine\":null,\"price\":null,\"createdAt\":null,"
                "\"numbers\":[],\"colours\":[],\"flags\":[],\"trackingNumber\":null,\"change\":null}");
}

TEST(writes_every_kind_of_field) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = sample_valid(arena);

        sample->total = INT64_MIN;
        sample->small = -7;
        sample->count = UINT32_MAX;
        sample->large = UINT64_MAX;
        sample->flag = true;
        sample->blob = (ProtobufCBinaryData) { .data = (uint8_t *) "\x00\xFF", .len = 2 };
        sample->colour = SAMPLE__COLOUR__COLOUR_DARK_BLUE;
        sample->n_lines = 1;
        sample->main_line->tags = (const char *[]) { "a\"", "b" };
        sample->main_line->n_tags = 2;
        sample->price = (Sample__Amount *) usd(-5);
        sample->price->base.descriptor = &sample__amount__descriptor;
        sample->numbers = (int64_t[]) { 1, -2 };
        sample->n_numbers = 2;
        sample->colours = (Sample__Colour[]) { SAMPLE__COLOUR__COLOUR_RED, (Sample__Colour) 9 };
        sample->n_colours = 2;
        sample->flags = (protobuf_c_boolean[]) { true, false };
        sample->n_flags = 2;
        sample->choice_case = SAMPLE__SAMPLE__CHOICE_NUMBER;
        sample->marks = (uint32_t[]) { 3000000000 };
        sample->n_marks = 1;
        sample->change = -1;
        ck_assert_str_eq(
                written(&sample_info, sample),
                "{\"id\":\"S-1\",\"total\":-9223372036854775808,\"small\":-7,\"count\":4294967295,"
                "\"large\":18446744073709551615,\"flag\":true,\"blob\":\"AP8=\",\"colour\":\"DARK_BLUE\","
                "\"lines\":[{\"sku\":\"A\",\"quantity\":1,\"price\":null,\"tags\":[]}],"
                "\"mainLine\":{\"sku\":\"C\",\"quantity\":2,\"price\":null,\"tags\":[\"a\\\"\",\"b\"]},"
                "\"price\":-0.05,\"createdAt\":null,\"numbers\":[1,-2],\"colours\":[\"RED\",9],"
                "\"flags\":[true,false],\"number\":0,\"trackingNumber\":null,\"marks\":[3000000000],"
                "\"change\":-1}");
}

TEST(shows_amounts_and_times_that_cannot_be_shown_as_null) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = sample_valid(arena);
        StrBuf out = { .arena = arena };

        sample->price = (Sample__Amount *) proto_message_new(arena, &amount_info);
        sample->created_at = (Sample__Moment *) proto_message_new(arena, &moment_info);
        sample->created_at->nanos = -1;
        json_add_field(&out, &sample_info, &sample->base, "price");
        json_add_field(&out, &sample_info, &sample->base, "created_at");
        ck_assert_str_eq(out.text, "nullnull");
}

TEST(writes_one_field_alone) {
        Arena *arena = test_ctx()->arena;
        Sample__Sample *sample = sample_valid(arena);
        StrBuf out = { .arena = arena };

        json_add_field(&out, &sample_info, &sample->base, "main_line");
        ck_assert_str_eq(out.text, "{\"sku\":\"C\",\"quantity\":2,\"price\":null,\"tags\":[]}");
        json_add_field(&out, &sample_info, &sample->base, "text");
        json_add_field(&out, &sample_info, &sample->base, "node");
        json_add_field(&out, &sample_info, &sample->base, "codes");
        ck_assert_str_eq(out.text + out.n_bytes - 10, "nullnull[]");
}

START_TEST(aborts_on_a_type_that_is_not_supported) {
        written(&ratio_info, proto_message_new(test_ctx()->arena, &ratio_info));
}
END_TEST

static OrderV1OrderItem *headphones(void) {
        OrderV1OrderItem *item = order_v1_order_item_new(test_ctx()->arena);

        item->product_id = "PROD-67890";
        item->sku = "SKU-ABC-001";
        item->name = "Premium Wireless Headphones";
        item->quantity = 2;
        item->unit_price = usd(24999);
        item->total_price = usd(49998);
        item->warehouse = "US-WEST-01";
        return item;
}

static OrderV1OrderDiscount *discount(const char *type, const char *code, int64_t minor) {
        OrderV1OrderDiscount *discount = order_v1_order_discount_new(test_ctx()->arena);

        discount->type = type;
        discount->code = code;
        discount->amount = usd(minor);
        return discount;
}

static OrderV1OrderPricing *pricing(void) {
        Arena *arena = test_ctx()->arena;
        OrderV1OrderPricing *pricing = order_v1_order_pricing_new(arena);

        pricing->subtotal = usd(64998);
        pricing->n_discounts = 2;
        pricing->discounts = ARENA_ARRAY(arena, OrderV1OrderDiscount *, 2);
        pricing->discounts[0] = discount("promotion", "SUMMER2024", 6500);
        pricing->discounts[1] = discount("customer_tier", "", 3250);
        pricing->total_discounts = usd(9750);
        pricing->shipping = usd(1599);
        pricing->tax = usd(4532);
        pricing->total = usd(61379);
        pricing->currency = "USD";
        return pricing;
}

static OrderV1Order *sample_order(void) {
        Arena *arena = test_ctx()->arena;
        OrderV1Order *order = order_v1_order_new(arena);

        order->order_id = "ORD-789012";
        order->order_number = "ORD-2024-001234";
        order->status = ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED;
        order->customer_id = "CUST-12345";
        order->n_items = 1;
        order->items = ARENA_ARRAY(arena, OrderV1OrderItem *, 1);
        order->items[0] = headphones();
        order->pricing = pricing();
        order->payment = order_v1_order_payment_new(arena);
        order->payment->transaction_id = "txn_1234567890";
        order->payment->method = "credit_card";
        order->payment->status = "COMPLETED";
        order->payment->last4 = "4242";
        order->shipping = order_v1_order_shipping_new(arena);
        order->shipping->method = "standard";
        order->shipping->cost = usd(1599);
        order->shipping->estimated_delivery = "2024-08-15";
        order->shipping->warehouse = "US-WEST-01";
        order->timestamps = order_v1_order_timestamps_new(arena);
        order->timestamps->created_at = at(1723300200);
        order->timestamps->confirmed_at = at(1723300215);
        return order;
}

/* 000, Sample Response: the same keys in the same order, with the same values. */
TEST(writes_an_order_as_the_sample_response_shows_it) {
        ck_assert_str_eq(
                written(&order_v1_order_info, sample_order()),
                "{\"orderId\":\"ORD-789012\",\"orderNumber\":\"ORD-2024-001234\",\"status\":\"CONFIRMED\","
                "\"customerId\":\"CUST-12345\",\"items\":[{\"productId\":\"PROD-67890\","
                "\"sku\":\"SKU-ABC-001\",\"name\":\"Premium Wireless Headphones\",\"quantity\":2,"
                "\"unitPrice\":249.99,\"totalPrice\":499.98,"
                "\"warehouse\":\"US-WEST-01\"}],\"pricing\":{\"subtotal\":649.98,\"discounts\":["
                "{\"type\":\"promotion\",\"code\":\"SUMMER2024\",\"amount\":65.00},"
                "{\"type\":\"customer_tier\",\"amount\":32.50}],\"totalDiscounts\":97.50,\"shipping\":15.99,"
                "\"tax\":45.32,\"total\":613.79,\"currency\":\"USD\"},"
                "\"payment\":{\"transactionId\":\"txn_1234567890\","
                "\"method\":\"credit_card\",\"status\":\"COMPLETED\",\"last4\":\"4242\"},\"shipping\":{"
                "\"method\":\"standard\",\"cost\":15.99,\"estimatedDelivery\":\"2024-08-15\","
                "\"trackingNumber\":null,"
                "\"warehouse\":\"US-WEST-01\"},\"timestamps\":{\"createdAt\":\"2024-08-10T14:30:00Z\","
                "\"confirmedAt\":\"2024-08-10T14:30:15Z\"}}");
}

/* A consumer reads what any release wrote; the currency of an amount is not in its number. */
TEST(reads_back_an_event_without_its_amounts) {
        Arena *arena = test_ctx()->arena;
        EventsV1OrderEvent *event = events_v1_order_event_new(arena);
        ProtobufCMessage *message;

        event->event_id = "e-1";
        event->timestamp = at(1723300200);
        event->data = events_v1_order_event_data_new(arena);
        event->data->version = 3;
        event->data->totals = events_v1_order_event_totals_new(arena);
        event->data->totals->total = usd(61379);
        event->data->totals->currency = "USD";
        const char *text = written(&events_v1_order_event_info, event);
        ck_assert_reason(json_read_message(arena, &events_v1_order_event_info, text, strlen(text), &message),
                         REASON_INVALID_REQUEST);
        ck_assert_ok(json_read_event(arena, &events_v1_order_event_info, text, strlen(text), &message));
        const EventsV1OrderEvent *copy = (const EventsV1OrderEvent *) message;
        ck_assert_str_eq(copy->event_id, "e-1");
        ck_assert_int_eq(copy->timestamp->seconds, 1723300200);
        ck_assert_int_eq(copy->data->version, 3);
        ck_assert_str_eq(copy->data->totals->currency, "USD");
        ck_assert_ptr_null(copy->data->totals->total);
}

int main(void) {
        Suite *suite = suite_create("write");
        TCase *tests = tcase_create("write");

        test_add(tests);
        tcase_add_test_raise_signal(tests, aborts_on_a_type_that_is_not_supported, SIGABRT);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
