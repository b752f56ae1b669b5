"""Customers who remember every answer, so that it can be held against the books afterwards."""

import http.client
import itertools
import threading

from millrace import new_key, order_of

# The answers after which nothing is left of an order; any other is 201, one of ENDED_AS, or not known yet.
NOTHING_LEFT = {"CUSTOMER_MISMATCH", "CUSTOMER_NOT_FOUND", "CUSTOMER_INACTIVE", "UNKNOWN_SKU",
                "INVALID_PROMOTION", "SHIPPING_UNAVAILABLE", "TAX_UNAVAILABLE", "PRICE_UNAVAILABLE",
                "HOLD_EXPIRED", "INVALID_REQUEST", "PRODUCT_OUT_OF_STOCK", "IDEMPOTENCY_KEY_REUSED"}
ENDED_AS = {"PAYMENT_FAILED": "PAYMENT_FAILED", "ORDER_FAILED": "FAILED", "ORDER_CANCELLED": "CANCELLED"}
NOTHING_IS_LEFT = "nothing is left of it"
LOST = (OSError, http.client.HTTPException)


def reason_of(reply):
    try:
        return reply.json["error"]
    except (ValueError, KeyError, TypeError):
        return None


class Wish:
    """What a customer wants once, however often it is asked for; the order's notes carry its tag."""

    def __init__(self, tag, order, key):
        self.tag, self.key = tag, key
        self.customer = order["customerId"]
        self.order = {**order, "notes": tag}
        self.replies = []
        self.n_lost = 0  # calls without an answer

    @property
    def last(self):
        """The definite answer: the order, when there was one; of a call without a key also that nothing is
        left."""
        definite = [reply for reply in self.replies
                    if is_definite(reply) or (not self.key and NOTHING_IS_LEFT in reply.text)]
        return max(reversed(definite), key=lambda reply: reply.status == 201, default=None)

    @property
    def ended_as(self):
        """The status with which the last answer says that the order ended."""
        return ENDED_AS.get(reason_of(self.last))


def is_definite(reply):
    return reply.status == 201 or reason_of(reply) in NOTHING_LEFT or reason_of(reply) in ENDED_AS


class ClientLog:
    """Every wish with every answer, and every answer to a cancel by its order. Gateways are asked in turn."""

    def __init__(self, millrace, ports=()):
        self.millrace = millrace
        self._ports = itertools.cycle(ports or [millrace.http_port])
        self.wishes = []
        self.cancels = {}
        self._keeping = threading.Lock()

    def wish(self, lines, has_key=True, method="credit_card", **arguments):
        order = order_of(*lines, **arguments)
        if method != "credit_card":
            order["paymentMethod"] = {"type": method}
        with self._keeping:
            wish = Wish(f"wish {len(self.wishes)}", order, new_key() if has_key else None)
            self.wishes.append(wish)
        return wish

    def place(self, wish, timeout=60):
        """One try; None when there was no answer."""
        try:
            reply = self.millrace.place(wish.order, key=wish.key, timeout=timeout, port=next(self._ports),
                                        token=self.millrace.token(wish.customer))
        except LOST:
            with self._keeping:
                wish.n_lost += 1
            return None
        with self._keeping:
            wish.replies.append(reply)
        return reply

    def cancel(self, order_id, customer="CUST-12345"):
        with self._keeping:
            replies = self.cancels.setdefault(order_id, [])
        try:
            reply = self.millrace.request("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": "storm"},
                                          token=self.millrace.token(customer), port=next(self._ports))
        except LOST:
            return None
        with self._keeping:
            replies.append(reply)
        return reply

    @property
    def orphans(self):
        """Calls without a key that nobody knows the end of: what they held is ended by its time alone."""
        return sum(1 for wish in self.wishes if not wish.key and wish.last is None)

    def counts(self):
        """(wishes, answered 201, refused for good, answered 503 at least once, without any answer once)"""
        with self._keeping:
            placed = sum(1 for wish in self.wishes if wish.last and wish.last.status == 201)
            refused = sum(1 for wish in self.wishes if wish.last and wish.last.status != 201)
            busy = sum(1 for wish in self.wishes for reply in wish.replies if reply.status == 503)
            cancelled = sum(1 for replies in self.cancels.values()
                            if any(reply.status == 200 for reply in replies))
            return {"wishes": len(self.wishes), "placed": placed, "refused": refused, "cancelled": cancelled,
                    "503": busy, "lost": sum(wish.n_lost for wish in self.wishes)}
