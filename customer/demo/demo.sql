-- What tiers take off, the customers of the documents, and an admin; all with the password millrace-demo. May be loaded again.
-- {{seal TABLE COLUMN ROW TEXT}} and {{hash KIND TEXT}} are filled in with the service's keys: millracectl fill.
INSERT INTO tier_benefits (tier, discount_bp, free_shipping) VALUES
        ('bronze', 0, false), ('silver', 200, false), ('gold', 500, false), ('platinum', 1000, true)
ON CONFLICT DO NOTHING;

INSERT INTO customers (customer_id, name, phone, tier_granted, tier_until, segments) VALUES
        ('CUST-12345', {{seal customers name CUST-12345 Alex Customer}},
         {{seal customers phone CUST-12345 +1 555 0100}}, 'gold', '2099-12-31Z', '{regular}'),
        ('CUST-99999', {{seal customers name CUST-99999 Sam Stranger}}, NULL, NULL, NULL, '{}')
ON CONFLICT DO NOTHING;

INSERT INTO accounts (account_id, customer_id, email, email_hash, password_hash, roles) VALUES
        ('USER-CUSTOMER', 'CUST-12345', {{seal accounts email USER-CUSTOMER customer@example.com}},
         {{hash accounts.email customer@example.com}},
         '$argon2id$v=19$m=19456,t=2,p=1$tew/XzgO3Jz9qh1psfeU7w$xvHM2QX/2xX30emsoTdK3I/7+gUGzKYE4rbg1v3HMvM', '{customer}'),
        ('USER-STRANGER', 'CUST-99999', {{seal accounts email USER-STRANGER stranger@example.com}},
         {{hash accounts.email stranger@example.com}},
         '$argon2id$v=19$m=19456,t=2,p=1$tew/XzgO3Jz9qh1psfeU7w$xvHM2QX/2xX30emsoTdK3I/7+gUGzKYE4rbg1v3HMvM', '{customer}'),
        ('USER-ADMIN', NULL, {{seal accounts email USER-ADMIN admin@example.com}},
         {{hash accounts.email admin@example.com}},
         '$argon2id$v=19$m=19456,t=2,p=1$tew/XzgO3Jz9qh1psfeU7w$xvHM2QX/2xX30emsoTdK3I/7+gUGzKYE4rbg1v3HMvM', '{admin}')
ON CONFLICT DO NOTHING;

INSERT INTO addresses (customer_id, address_id, type, line1, city, state, postal_code, country, is_default) VALUES
        ('CUST-12345', 'ADDR-001', 'shipping',
         {{seal addresses line1 CUST-12345/ADDR-001 123 Main St}},
         {{seal addresses city CUST-12345/ADDR-001 San Francisco}},
         {{seal addresses state CUST-12345/ADDR-001 CA}},
         {{seal addresses postal_code CUST-12345/ADDR-001 94105}},
         {{seal addresses country CUST-12345/ADDR-001 US}}, true)
ON CONFLICT DO NOTHING;

INSERT INTO payment_methods (customer_id, method_id, type, token, brand, last4, is_default) VALUES
        ('CUST-12345', 'PM-001', 'credit_card',
         {{seal payment_methods token CUST-12345/PM-001 pm_1234567890}}, 'visa', '4242', true)
ON CONFLICT DO NOTHING;

-- What an order before all others earned the customer of the documents: 1250 points, worth 12.50.
WITH earned AS (
        INSERT INTO point_lots (order_id, customer_id, earned, remaining, expires_at)
        VALUES ('ORD-WELCOME', 'CUST-12345', 1250, 1250, now() + interval '12 months')
        ON CONFLICT DO NOTHING RETURNING order_id, customer_id, earned
), noted AS (
        INSERT INTO point_entries (customer_id, order_id, kind, points)
        SELECT customer_id, order_id, 'EARNED', earned FROM earned
)
INSERT INTO point_accounts AS a (customer_id, remaining) SELECT customer_id, earned FROM earned
ON CONFLICT (customer_id) DO UPDATE SET remaining = a.remaining + excluded.remaining;
