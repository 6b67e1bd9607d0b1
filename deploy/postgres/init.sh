#!/bin/sh
# Runs once, in an empty server: a role and a database for each service, open to nobody else, and the role by which
# provisioning makes the databases of workloads. Passwords come from the environment and go to psql as variables.
set -eu
run() { psql -X -q -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-postgres}" "$@"; }

for service in authorization provisioning gitops schemas pipelines; do
  variable="PLINTH_$(echo "$service" | tr '[:lower:]' '[:upper:]')_PASSWORD"
  eval "password=\${$variable:?}"
  run -v "name=plinth_$service" -v "password=$password" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke connect on database :"name" from public;
SQL
done
run -v "password=${PLINTH_PROVISIONER_PASSWORD:?}" <<'SQL'
create role plinth_provisioner login createdb createrole password :'password';
SQL
