-- Whose account is closed has his sessions ended.
CREATE INDEX refresh_families_by_account ON refresh_families (account_id) WHERE ended_at IS NULL;
