-- Whether the end of a lease or pause that lasts longest at most has come. An end that lies farther ahead than that was
-- written before the clock stepped back: it counts as over, since whoever holds it is fenced by other means than time.
-- The minute is for transactions, whose now() is when they began: one that began later may have written the end.
CREATE FUNCTION is_over(ends_at timestamptz, longest interval) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
        $$SELECT ends_at <= now() OR ends_at > now() + longest + interval '1 minute'$$;

-- The sweep walks the primary key and ends at the first page that is all young.
ALTER TABLE inbox ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
