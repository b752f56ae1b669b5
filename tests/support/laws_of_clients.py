"""The laws of what clients saw: every answer that somebody has read stays true."""

import decimal
import json

from laws import SOLD, law


def content(text):
    return json.loads(text, parse_float=decimal.Decimal)


def total_minor(body):
    """Of an order in a currency with cents, as the demo's."""
    return int(body["pricing"]["total"] * 100)


def orders_by_tag(books):
    found = {}
    for order_id, order in books.orders.items():
        found.setdefault(order["notes"], []).append(order_id)
    return found


def wishes(books):
    return books.clients.wishes if books.clients else []


@law("I2 what a customer wanted once is one order at most")
def one_wish_is_one_order(books):
    orders = orders_by_tag(books)
    for wish in wishes(books):
        if len(orders.get(wish.tag, [])) > 1:
            yield wish.tag, wish.key, orders[wish.tag]


@law("I2 a key has one answer, to the byte")
def a_key_has_one_answer(books):
    for wish in wishes(books):
        bodies = {reply.text for reply in wish.replies if reply.status == 201}
        if len(bodies) > 1:
            yield wish.tag, wish.key, sorted(bodies)


@law("I10 what a client saw placed is there, as it was told")
def what_was_placed_is_there(books):
    for wish in wishes(books):
        for text in {reply.text for reply in wish.replies if reply.status == 201}:
            body = content(text)
            order = books.orders.get(body["orderId"])
            told = (wish.tag, wish.customer, total_minor(body))
            kept = order and (order["notes"], order["customer_id"], order["total_minor"])
            if told != kept:
                yield body["orderId"], told, kept


@law("I10 what a client saw confirmed stays confirmed, until a client cancels it")
def what_was_confirmed_stays(books):
    for wish in wishes(books):
        for text in {reply.text for reply in wish.replies if reply.status == 201}:
            body = content(text)
            order = books.orders.get(body["orderId"])
            may_end = body["orderId"] in books.clients.cancels or body["status"] != "CONFIRMED"
            if order and order["status"] not in SOLD and not may_end:
                yield body["orderId"], body["status"], order["status"]


@law("I10 a failure that a client was told left nothing, or what it said")
def failures_are_failures(books):
    orders = orders_by_tag(books)
    for wish in wishes(books):
        if wish.last is None or wish.last.status == 201:
            continue
        stands = [books.orders[order_id]["status"] for order_id in orders.get(wish.tag, [])]
        said = [wish.ended_as] if wish.ended_as else []
        if stands != said:
            yield wish.tag, str(wish.last)[:200], f"stands {stands}"


@law("I10 a cancel that a client saw done stands")
def cancels_stand(books):
    for order_id, replies in (books.clients.cancels if books.clients else {}).items():
        order = books.orders.get(order_id, {"status": "none"})
        if any(reply.status == 200 for reply in replies) and order["status"] != "CANCELLED":
            yield order_id, order["status"]


@law("I10 every call without an answer was resolved by asking again with its key")
def cut_calls_are_resolved(books):
    for wish in wishes(books):
        if wish.key and wish.last is None:
            yield wish.tag, wish.key, [str(reply)[:200] for reply in wish.replies[-2:]]
