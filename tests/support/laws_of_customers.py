"""The laws of customers: what they choose from, and their sessions."""

from laws import sql_law

sql_law("of a customer's addresses of a type, and of his payment methods, one is the default", "customer", """
    SELECT customer_id, of, count(*) FILTER (WHERE is_default) AS defaults
      FROM (SELECT customer_id, type AS of, is_default FROM addresses UNION ALL
            SELECT customer_id, 'payment', is_default FROM payment_methods) t
     GROUP BY 1, 2 HAVING count(*) FILTER (WHERE is_default) <> 1""")

sql_law("a session that goes on has one refresh token that is not used up", "customer", """
    SELECT f.family_id, count(t.token_hash)
      FROM refresh_families f LEFT JOIN refresh_tokens t
        ON t.family_id = f.family_id AND t.used_at IS NULL
     WHERE f.ended_at IS NULL AND f.expires_at > now()
     GROUP BY 1 HAVING count(t.token_hash) <> 1""")
