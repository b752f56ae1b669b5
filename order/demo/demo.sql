-- The data with which the sample of document 000 comes out to the cent. May be loaded again.
INSERT INTO demo_tiers (tier, discount_bp) VALUES ('bronze', 0), ('silver', 200), ('gold', 500), ('platinum', 1000)
ON CONFLICT DO NOTHING;

INSERT INTO demo_customers (customer_id, name, email, tier) VALUES
        ('CUST-12345', 'Alex Customer', 'customer@example.com', 'gold'),
        ('CUST-99999', 'Sam Stranger', 'stranger@example.com', 'bronze')
ON CONFLICT DO NOTHING;

INSERT INTO demo_shipping_rates (method, country, currency, cost_minor, days) VALUES
        ('standard', 'US', 'USD', 1599, 5), ('express', 'US', 'USD', 2999, 2),
        ('overnight', 'US', 'USD', 4999, 1), ('standard', 'DE', 'EUR', 690, 4), ('express', 'DE', 'EUR', 1490, 2),
        ('standard', 'VN', 'VND', 35000, 3)
ON CONFLICT DO NOTHING;
