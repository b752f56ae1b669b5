"""The laws of money: what the provider keeps is judged by its own books, and ours are compared with them in
both directions."""

from laws import ENDED, SOLD, law, sql_law

# What a payment says -> what the provider may say of it; None: it knows nothing.
PROVIDER_SAYS = {
    "PENDING": (None, "CAPTURED", "DECLINED", "REQUIRES_ACTION"),
    "COMPLETED": ("CAPTURED",),
    "REFUNDED": ("CAPTURED",),
    "REQUIRES_ACTION": ("REQUIRES_ACTION",),
    "FAILED": (None, "DECLINED"),
    "ON_DELIVERY": (None,),
}
# What an order says of its payment -> what the payment may say; None: it was never asked for.
ORDER_SAYS = {
    "pending": ("PENDING", "REQUIRES_ACTION", "ON_DELIVERY", "FAILED", None),
    "paid": ("COMPLETED",),
    "failed": ("FAILED",),
    "refunded": ("REFUNDED",),
    "partially_refunded": ("COMPLETED",),
}


@law("I7 a sold order is paid once and whole, by card")
def sold_orders_are_paid(books):
    for order_id, order in books.orders.items():
        kept, due = books.kept(order["payment_id"]), order["total_minor"]
        if order["status"] in SOLD and order["payment_method"] != "cod" and kept != due:
            yield order_id, order["status"], f"kept {kept} of {due}"


@law("I7 an order that is paid on delivery was not charged before")
def cash_is_taken_on_delivery(books):
    for order_id, order in books.orders.items():
        payment = books.payments.get(order["payment_id"], {"status": None})
        if order["payment_method"] == "cod" and order["status"] in SOLD and \
                (books.captured(order["payment_id"]) or payment["status"] != "ON_DELIVERY"):
            yield order_id, payment["status"], f"captured {books.captured(order['payment_id'])}"


@law("I7 an order that ended keeps no money")
def ended_orders_keep_no_money(books):
    for order_id, order in books.orders.items():
        kept = books.kept(order["payment_id"])
        if order["status"] in (*ENDED, "PENDING_PAYMENT") and kept != 0:
            yield order_id, order["status"], f"kept {kept}"


@law("I7 nothing is taken, or waits to be, without an order")
def open_payments_have_orders(books):
    for payment_id, payment in books.payments.items():
        is_open = payment["status"] not in ("FAILED", "REFUNDED", "PENDING")
        if is_open and payment["order_id"] not in books.orders:
            yield payment_id, payment["status"], payment["order_id"]


@law("I7 every charge has its payment")
def charges_have_payments(books):
    for payment_id, charge in books.charges.items():
        if payment_id not in books.payments:
            yield payment_id, charge["status"]


@law("I7 no payment is in doubt")
def no_payment_is_in_doubt(books):
    for payment_id, payment in books.payments.items():
        if payment["status"] == "PENDING":
            yield payment_id, payment["order_id"]


@law("I7 a payment says what the provider says")
def payments_say_what_the_provider_says(books):
    for payment_id, payment in books.payments.items():
        says = books.charges.get(payment_id, {"status": None})["status"]
        if says not in PROVIDER_SAYS[payment["status"]]:
            yield payment_id, payment["status"], says


@law("I7 a payment and its charge are of one amount and currency")
def amounts_agree(books):
    for payment_id, charge in books.charges.items():
        payment = books.payments.get(payment_id, charge)
        ours, theirs = [(row["amount_minor"], row["currency"]) for row in (payment, charge)]
        if ours != theirs and charge["status"] != "DECLINED":
            yield payment_id, ours, theirs


@law("I7 what was given back is the same in both books")
def refunds_agree(books):
    for payment_id in {*books.refunds, *books.payments}:
        payment = books.payments.get(payment_id, {"status": None, "refunded_minor": 0})
        given = books.refunds.get(payment_id, {"amount_minor": 0})["amount_minor"]
        if payment["refunded_minor"] != given or (payment["status"] == "REFUNDED") != (given > 0):
            yield payment_id, payment["status"], f"ours {payment['refunded_minor']}, the provider's {given}"


@law("I7 a payment is of its order: customer, amount, currency, method")
def payments_are_their_orders(books):
    for payment_id, payment in books.payments.items():
        order = books.orders.get(payment["order_id"])
        if order is None:
            continue
        ours = (payment_id, payment["customer_id"], payment["amount_minor"], payment["currency"],
                payment["method"])
        orders = (order["payment_id"], order["customer_id"], order["total_minor"], order["currency"],
                  order["payment_method"])
        if ours != orders:
            yield ours, orders


@law("I7 an order says what its payment says")
def orders_say_what_payments_say(books):
    for order_id, order in books.orders.items():
        payment = books.payments.get(order["payment_id"], {"status": None, "refunded_minor": 0})
        says = (order["payment_status"], order["refund_minor"])
        if order["total_minor"] and (payment["status"] not in ORDER_SAYS[order["payment_status"]] or
                                     order["refund_minor"] != payment["refunded_minor"]):
            yield order_id, says, (payment["status"], payment["refunded_minor"])


sql_law("a payment's token goes when the payment is settled", "order", """
    SELECT order_id, status FROM orders
     WHERE status <> 'PENDING_PAYMENT' AND coalesce(payment_token, '') <> ''""")
