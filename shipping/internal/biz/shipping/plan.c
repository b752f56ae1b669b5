#include "base/memory.h"
#include "base/str.h"
#include "base/uuid.h"
#include "biz/shipping/fulfilment.h"

static bool is_sent_with(const Shipment *shipment, const OrderLine *line) {
        return str_equal(shipment->seller_id, line->seller_id) &&
               str_equal(shipment->warehouse_id, line->warehouse_id);
}

static Shipment *shipment_for(Fulfilment *fulfilment, const OrderLine *line) {
        for (size_t i = 0; i < fulfilment->n_shipments; i++)
                if (is_sent_with(&fulfilment->shipments[i], line))
                        return &fulfilment->shipments[i];
        return NULL;
}

static Shipment new_shipment(Arena *arena, const ShipmentOrder *order, const OrderLine *first) {
        return (Shipment) {
                .shipment_id = uuid_sortable(arena, "SHP-"),
                .order = *order,
                .seller_id = first->seller_id,
                .warehouse_id = first->warehouse_id,
                .status = SHIPMENT_CREATED,
                .carrier = "",
                .tracking_number = "",
                .version = 1,
        };
}

static void add_items(Arena *arena, Shipment *shipment, const OrderLine *lines, size_t n_lines) {
        ShipmentItem *items = ARENA_ARRAY(arena, ShipmentItem, n_lines);

        for (size_t i = 0; i < n_lines; i++)
                if (is_sent_with(shipment, &lines[i]))
                        items[shipment->n_items++] = lines[i].item;
        shipment->items = items;
}

const Fulfilment *shipping_plan(Arena *arena, const ShipmentOrder *order, const OrderLine *lines,
                                size_t n_lines) {
        Fulfilment *fulfilment = ARENA_NEW(arena, Fulfilment);

        *fulfilment = (Fulfilment) {
                .order_id = order->order_id,
                .customer_id = order->customer_id,
                .version = 1,
                .shipments = ARENA_ARRAY(arena, Shipment, n_lines),
        };
        for (size_t i = 0; i < n_lines; i++) {
                if (shipment_for(fulfilment, &lines[i]))
                        continue;
                Shipment *shipment = &fulfilment->shipments[fulfilment->n_shipments++];
                *shipment = new_shipment(arena, order, &lines[i]);
                add_items(arena, shipment, lines, n_lines);
        }
        return fulfilment;
}

/* An order asks before it is cancelled; the event is the second net, and cancels nothing that was shipped. */
FulfilmentMove shipping_meaning(const char *event_type) {
        static const struct {
                const char *event_type;
                FulfilmentMove move;
        } meanings[] = {
                { "order.confirmed", FULFILMENT_CREATE },
                { "order.cancelled", FULFILMENT_CANCEL },
                { "order.failed", FULFILMENT_CANCEL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
                if (str_equal(event_type, meanings[i].event_type))
                        return meanings[i].move;
        return FULFILMENT_KEEP;
}
