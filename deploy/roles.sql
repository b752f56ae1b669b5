-- The roles of one service's database. A superuser runs this in it, before the first migration and after each one; to
-- run it again changes nothing. The passwords are given apart, with \password.
--
--   psql -v service=order [-v relay=millrace_relay] -d millrace_order -f deploy/roles.sql
--
-- millrace_SERVICE_owner  owns everything and migrates: `millracectl migrate`, never a running service
-- millrace_SERVICE        the service: reads and writes rows
-- relay, when given       the relay: the outbox tables, and nothing else
SELECT format('millrace_%s', :'service') AS service_role, format('millrace_%s_owner', :'service') AS owner,
       current_database() AS database \gset

SELECT format('CREATE ROLE %I LOGIN', wanted)
  FROM unnest(ARRAY[:'service_role', :'owner']) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \gexec
ALTER ROLE :"service_role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE :"owner" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- Nobody else comes in, and nobody but the owner makes anything, not even a temporary table.
ALTER DATABASE :"database" OWNER TO :"owner";
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"service_role";
GRANT USAGE ON SCHEMA public TO :"service_role";

-- What somebody else made, as in a database from before these roles, becomes the owner's.
SELECT format('ALTER %s %I OWNER TO %I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname, :'owner')
  FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') AND relowner <> :'owner'::regrole
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'i') \gexec
SELECT format('ALTER DOMAIN %I OWNER TO %I', typname, :'owner')
  FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'd' AND typowner <> :'owner'::regrole \gexec
SELECT format('ALTER FUNCTION %s OWNER TO %I', oid::regprocedure, :'owner')
  FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner <> :'owner'::regrole \gexec

ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service_role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SEQUENCES TO :"service_role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"service_role";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"service_role";
SELECT format('REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM %I', :'service_role')
 WHERE to_regclass('schema_migrations') IS NOT NULL \gexec

\if :{?relay}
SELECT format('CREATE ROLE %I LOGIN', :'relay')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'relay') \gexec
ALTER ROLE :"relay" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
GRANT CONNECT ON DATABASE :"database" TO :"relay";
GRANT USAGE ON SCHEMA public TO :"relay";
SELECT format('GRANT %s ON %I TO %I',
              CASE relname WHEN 'schema_migrations' THEN 'SELECT'
                           WHEN 'outbox' THEN 'SELECT, UPDATE, DELETE'
                           ELSE 'SELECT, INSERT, UPDATE, DELETE' END, relname, :'relay')
  FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
   AND (relname = 'schema_migrations' OR relname ~ '^outbox(_|$)') \gexec
\endif
