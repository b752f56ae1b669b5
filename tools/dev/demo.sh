# The life of an order as a story; exits non-zero when anything is not as it says. Sourced by ./dev.

# Refuses to go on unless two texts are the same: expect WHAT ACTUAL EXPECTED
expect() {
        [ "$2" = "$3" ] || fail "the demo is not as it says: $1 is '$2', not '$3'" "logs: $LOGS"
        say "   [ok] $1: $3"
}

DEMO_PATIENCE_S=60

# POSTs the JSON of a file: answer in $RUN/demo.json, HTTP status in $STATUS. Who is told to come again later does so:
# demo_post PATH TOKEN FILE
demo_post() {
        local wait_s
        while :; do
                STATUS=$(curl -sS -o "$RUN/demo.json" -D "$RUN/demo.head" -w '%{http_code}' \
                        -X POST "http://127.0.0.1:$HTTP_PORT/api/v1/$1" \
                        -H "Authorization: Bearer $2" -H 'Content-Type: application/json' \
                        -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" --data @"$3")
                [ "$STATUS" = 429 ] || return 0
                wait_s=$(sed -n 's/^Retry-After: \([0-9]*\).*/\1/p' "$RUN/demo.head")
                [ "${wait_s:-0}" -le $DEMO_PATIENCE_S ] ||
                        fail "the demo's customer may place no order for another $wait_s s: $(answer .message)" \
                                "wait, or start anew: ./dev down, then ./dev up with one of" \
                                "MILLRACE_ORDER_DECLINES_LIMIT=0, MILLRACE_ORDER_UNPAID_LIMIT=0, --fresh"
                say "   $(answer .message): waiting ${wait_s:-1} s"
                sleep "${wait_s:-1}"
        done
}

# Places an order that a jq program makes of the sample.
demo_place() {
        jq "$1" "$ROOT/tests/scenarios/order_000.json" >"$RUN/demo-order.json"
        demo_post orders "$TOKEN" "$RUN/demo-order.json"
}

answer() {
        jq -r "$1" "$RUN/demo.json"
}

# One value of a query on a service's database: demo_sql order "SELECT ..."
demo_sql() {
        pg_sql "millrace_$1" -Atc "$2"
}

demo_table() {
        pg_sql "millrace_$1" -c "$2" | sed 's/^/   /'
}

# Waits until a query gives a value: demo_wait WHAT DATABASE QUERY VALUE
demo_wait() {
        local end=$((SECONDS + 20))
        until [ "$(demo_sql "$2" "$3")" = "$4" ]; do
                [ $SECONDS -lt $end ] || fail "the demo waited 20 s in vain until $1" "query: $3"
                sleep 0.05
        done
        say "   [ok] $1"
}

stock_of() {
        demo_sql warehouse "SELECT on_hand - reserved FROM stock WHERE sku = '$1' AND warehouse_id = 'US-WEST-01'"
}

demo_quote() {
        step "1. A customer logs in and asks what an order would cost: nothing is held for it"
        TOKEN=$(dev_token customer)
        jq '{customerId, items, shippingAddress, promotionCodes: ["SUMMER2024", "SUMMER1999"]}' \
                "$ROOT/tests/scenarios/order_000.json" >"$RUN/demo-quote.json"
        demo_post orders/quote "$TOKEN" "$RUN/demo-quote.json"
        jq '{discounts: .pricing.discounts, shippingOptions, refusedCodes}' "$RUN/demo.json"
        expect "HTTP status" "$STATUS" 200
        expect "total" "$(answer .pricing.total)" 613.79
        expect "by the method" "$(answer .shipping.method)" standard
        expect "a code that takes nothing off" "$(answer '.refusedCodes[0] | "\(.code) \(.reason)"')" \
                "SUMMER1999 UNKNOWN_CODE"
}

demo_order() {
        local id before
        step "2. He places it, as it stands in the documents"
        before=$(stock_of SKU-ABC-001)
        demo_place .
        jq . "$RUN/demo.json"
        id=$(answer .orderId)
        expect "HTTP status" "$STATUS" 201
        expect "status" "$(answer .status)" CONFIRMED
        expect "total" "$(answer .pricing.total)" 613.79

        step "3. What its transactions wrote, the last one since its shipments are made"
        demo_wait "the order is at work" order "SELECT status FROM orders WHERE order_id = '$id'" PROCESSING
        demo_table order "SELECT order_number, status, payment_status, total_minor, currency, version
                FROM orders WHERE order_id = '$id'"
        demo_table order "SELECT version, from_status, to_status, created_at
                FROM order_history WHERE order_id = '$id' ORDER BY version"
        expect "moves in the history" "$(demo_sql order "SELECT count(*) FROM order_history WHERE order_id = '$id'")" 3

        step "4. Its events: written with the rows, published by the relay, stored by the stream"
        demo_wait "all events are published" order \
                "SELECT count(*) FROM outbox WHERE aggregate_id = '$id'
                    AND processed_at IS NOT NULL AND stream_sequence IS NOT NULL" 3
        demo_table order "SELECT event_type, aggregate_version AS version, stream_sequence,
                processed_at - created_at AS took
                FROM outbox WHERE aggregate_id = '$id' ORDER BY aggregate_version"

        step "5. What the warehouse did with them, exactly once"
        demo_wait "its inbox is at version 3" warehouse \
                "SELECT version FROM inbox WHERE consumer = 'warehouse' AND aggregate_id = '$id'" 3
        demo_wait "the hold is confirmed" warehouse \
                "SELECT status FROM reservations WHERE order_id = '$id'" CONFIRMED
        demo_table warehouse "SELECT kind, sku, quantity, on_hand_effect
                FROM stock_ledger WHERE order_id = '$id' ORDER BY id"
        expect "stock of SKU-ABC-001" "$(stock_of SKU-ABC-001)" $((before - 2))
        demo_delivery "$id"
}

# Says of each shipment of an order what became of it: demo_mark ORDER ship|deliver BODY
demo_mark() {
        local id
        echo "$3" >"$RUN/demo-mark.json"
        for id in $(demo_sql shipping "SELECT shipment_id FROM shipments WHERE order_id = '$1'"); do
                demo_post "shipments/$id/$2" "$ADMIN_TOKEN" "$RUN/demo-mark.json"
                expect "HTTP status" "$STATUS" 200
        done
}

demo_delivery() {
        step "6. Its shipments go to the door, the order follows them, and its customer will be asked for a review"
        ADMIN_TOKEN=$(dev_token admin)
        demo_mark "$1" ship '{"carrier": "UPS", "trackingNumber": "1Z999AA10123456784"}'
        demo_wait "the order is shipped" order "SELECT status FROM orders WHERE order_id = '$1'" SHIPPED
        demo_mark "$1" deliver '{}'
        demo_wait "the order is delivered" order "SELECT status FROM orders WHERE order_id = '$1'" DELIVERED
        demo_table order "SELECT version, from_status, to_status, actor, created_at
                FROM order_history WHERE order_id = '$1' ORDER BY version"
        demo_wait "a request for reviews waits for its day" review \
                "SELECT status FROM review_requests WHERE order_id = '$1'" SCHEDULED
}

demo_declined() {
        local id before
        step "7. A declined card: no charge is kept, the hold is given back"
        before=$(stock_of SKU-ABC-001)
        demo_place '.paymentMethod.token = "pm_card_declined"'
        jq . "$RUN/demo.json"
        id=$(answer .details.orderId)
        expect "HTTP status" "$STATUS" 400
        expect "error" "$(answer .error)" PAYMENT_FAILED
        expect "order status" "$(demo_sql order "SELECT status FROM orders WHERE order_id = '$id'")" PAYMENT_FAILED
        expect "captured" "$(demo_sql payment "SELECT count(*)
                FROM sandbox_charges c JOIN payments USING (payment_id)
                WHERE order_id = '$id' AND c.status = 'CAPTURED'")" 0
        demo_wait "the hold is released" warehouse \
                "SELECT status FROM reservations WHERE order_id = '$id'" RELEASED
        expect "stock of SKU-ABC-001" "$(stock_of SKU-ABC-001)" "$before"
        demo_wait "order.payment_failed is published" order \
                "SELECT count(*) FROM outbox WHERE aggregate_id = '$id'
                    AND event_type = 'order.payment_failed' AND processed_at IS NOT NULL" 1
}

demo_short() {
        local orders
        step "8. Short stock: every short line is named, nothing is held"
        orders=$(demo_sql order "SELECT count(*) FROM orders")
        demo_place '.items = [.items[0], {productId: "PROD-SHORT", sku: "SKU-SHORT-001", quantity: 9999,
                requestedWarehouse: "US-WEST-01"}]'
        jq . "$RUN/demo.json"
        expect "HTTP status" "$STATUS" 400
        expect "error" "$(answer .error)" PRODUCT_OUT_OF_STOCK
        expect "short line" "$(answer .details.sku)" SKU-SHORT-001
        expect "orders written" "$(demo_sql order "SELECT count(*) FROM orders")" "$orders"
}

demo_points() {
        local id earned
        step "9. Points: 100 take 1.00 off, and the rest of the total earns new ones"
        demo_place '.usePoints = 100'
        jq .loyalty "$RUN/demo.json"
        id=$(answer .orderId)
        earned=$(answer .loyalty.pointsEarned)
        expect "HTTP status" "$STATUS" 201
        expect "points used" "$(answer .loyalty.pointsUsed)" 100
        expect "points earned" "$earned" "$(answer '.pricing.total | floor')"
        demo_wait "they are counted" customer \
                "SELECT sum(points) FROM point_entries WHERE order_id = '$id'" $((earned - 100))
        demo_table customer "SELECT kind, points, order_id FROM point_entries
                WHERE customer_id = 'CUST-12345' ORDER BY created_at DESC LIMIT 3"
}

# Uses the Millrace that runs; starts one, and stops it again, when none does.
dev_demo() {
        local started=
        if [ -z "$(millrace_processes)" ]; then
                dev_up --detach
                started=yes
        fi
        export_settings
        [ -z "$started" ] || trap stop_all EXIT
        demo_quote
        demo_order
        demo_declined
        demo_short
        demo_points
        say
        say "The demo is as it says."
}
