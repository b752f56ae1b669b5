-- Reviews of products of the catalog's demo, approved but for one that waits; nobody is known to have bought any of them.
-- May be loaded again.
WITH said (review_id, product_id, customer_id, rating, title, body, status, hours) AS (VALUES
        ('REV-DEMO-01', 'PROD-67890', 'CUST-DEMO-1', 5, 'Quiet at last', 'They keep the office out, and the battery lasts a week.', 'APPROVED', 240),
        ('REV-DEMO-02', 'PROD-67890', 'CUST-DEMO-2', 4, 'Good sound, tight fit', 'The sound is clear. With glasses they press after two hours.', 'APPROVED', 200),
        ('REV-DEMO-03', 'PROD-67890', 'CUST-DEMO-3', 2, 'Loses its connection', 'Every few days they have to be paired again.', 'APPROVED', 120),
        ('REV-DEMO-04', 'PROD-11111', 'CUST-DEMO-1', 5, 'Went swimming with us', 'It fell into the lake and plays on.', 'APPROVED', 90),
        ('REV-DEMO-05', 'PROD-11111', 'CUST-DEMO-4', 3, 'Loud enough', 'Fine for a kitchen, too small for a garden.', 'APPROVED', 60),
        ('REV-DEMO-06', 'PROD-20007', 'CUST-DEMO-2', 5, 'Sharp', 'Pictures are sharp to the corners.', 'APPROVED', 48),
        ('REV-DEMO-07', 'PROD-20001', 'CUST-DEMO-5', 1, 'One is silent', 'The left one stopped after a day.', 'PENDING', 5)
), added AS (
        INSERT INTO reviews (review_id, version, product_id, customer_id, rating, title, body, status, is_verified, created_at,
                             submitted_at)
        SELECT review_id, 1, product_id, customer_id, rating, title, body, status, false,
               now() - hours * interval '1 hour', now() - hours * interval '1 hour'
          FROM said ON CONFLICT DO NOTHING RETURNING *
), noted AS (
        INSERT INTO review_history (review_id, version, status, actor, changed_at)
        SELECT review_id, version, status, 'demo', created_at FROM added
)
INSERT INTO product_ratings (product_id, stars_1, stars_2, stars_3, stars_4, stars_5)
SELECT product_id, count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2), count(*) FILTER (WHERE rating = 3),
       count(*) FILTER (WHERE rating = 4), count(*) FILTER (WHERE rating = 5)
  FROM added WHERE status = 'APPROVED' GROUP BY product_id
ON CONFLICT (product_id) DO UPDATE
   SET stars_1 = product_ratings.stars_1 + excluded.stars_1, stars_2 = product_ratings.stars_2 + excluded.stars_2,
       stars_3 = product_ratings.stars_3 + excluded.stars_3, stars_4 = product_ratings.stars_4 + excluded.stars_4,
       stars_5 = product_ratings.stars_5 + excluded.stars_5;
