"""The laws of reviews: what is said of products, what counts of it, and who is asked for it."""

from laws import law, sql_law

CAME = ("DELIVERED", "RETURNED")

sql_law("a product's rating is what its approved reviews give", "review", """
    SELECT product_id, r.stars, p.stars AS counted
      FROM (SELECT product_id, ARRAY[stars_1, stars_2, stars_3, stars_4, stars_5] AS stars
              FROM product_ratings) p
      FULL JOIN (SELECT product_id,
                        ARRAY[count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2),
                              count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE rating = 4),
                              count(*) FILTER (WHERE rating = 5)] AS stars
                   FROM reviews WHERE status = 'APPROVED' GROUP BY 1) r USING (product_id)
     WHERE coalesce(p.stars, '{0,0,0,0,0}') <> coalesce(r.stars, '{0,0,0,0,0}')""")

sql_law("a customer has one review of a product", "review", """
    SELECT customer_id, product_id, count(*) FROM reviews WHERE status <> 'WITHDRAWN'
     GROUP BY 1, 2 HAVING count(*) > 1""")

sql_law("a review's history is its versions, and ends where it stands", "review", """
    SELECT r.review_id, r.version, r.status, h.versions
      FROM reviews r
      LEFT JOIN (SELECT review_id, array_agg(version ORDER BY version) AS versions,
                        (array_agg(status::text ORDER BY version DESC))[1] AS last
                   FROM review_history GROUP BY 1) h USING (review_id)
     WHERE h.versions IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, r.version) n)
        OR h.last IS DISTINCT FROM r.status""")

# Those of the demo have none.
sql_law("a review's events are its versions, without gaps", "review", """
    SELECT r.review_id, r.version, o.versions
      FROM reviews r
      JOIN review_history h ON h.review_id = r.review_id AND h.version = 1 AND h.actor <> 'demo'
      LEFT JOIN (SELECT aggregate_id, array_agg(aggregate_version ORDER BY aggregate_version) AS versions
                   FROM outbox GROUP BY 1) o ON o.aggregate_id = r.review_id
     WHERE o.versions IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, r.version) n)""")

sql_law("a request for reviews has one event once it is settled", "review", """
    SELECT r.order_id, r.status, o.events
      FROM review_requests r
      LEFT JOIN (SELECT aggregate_id, array_agg(event_type) AS events FROM outbox GROUP BY 1) o
        ON o.aggregate_id = r.order_id
     WHERE o.events IS DISTINCT FROM CASE status WHEN 'SENT' THEN '{review.request_sent}'::text[]
                                                 WHEN 'SKIPPED' THEN '{review.request_skipped}' END""")


@law("an order that came has one request for reviews, and no other order has one")
def requests_are_of_orders_that_came(books):
    requests = {row[0] for row in books.rows("review", "SELECT order_id FROM review_requests")}
    came = {order_id for order_id, order in books.orders.items() if order["status"] in CAME}
    for order_id in requests ^ came:
        yield order_id, books.orders.get(order_id, {}).get("status"), order_id in requests


@law("a verified review is of what its customer's order brought him")
def verified_reviews_have_orders(books):
    bought = {tuple(row) for row in books.rows("order", """
        SELECT order_id, customer_id, product_id FROM orders JOIN order_items USING (order_id)
         WHERE orders.status = 'DELIVERED'""")}
    for review_id, *purchase in books.rows("review", """
            SELECT review_id, order_id, customer_id, product_id FROM reviews WHERE is_verified"""):
        if tuple(purchase) not in bought:
            yield review_id, *purchase
