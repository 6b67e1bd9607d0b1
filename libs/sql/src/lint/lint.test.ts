import { describe, expect, test } from 'vitest'
import { readMigrations } from '../grammar/files.ts'
import { lint, type LintOptions } from './lint.ts'
import { idsOf, rules } from './rules.ts'

const base = `create table orders (id bigint primary key, total bigint, note text);
create table lines (id bigint primary key, order_id bigint);`

/** What the second file says of tables that a database has. */
async function findingsOf(text: string, options: LintOptions = {}): Promise<string[]> {
  const migrations = await readMigrations([
    { name: '0001_base.sql', text: base },
    { name: '0002_change.sql', text },
  ])
  return lint(migrations, { known: new Set(['0001_base.sql']), applied: 1, ...options })
    .filter(({ ignored }) => ignored === undefined)
    .map(({ rule }) => rule)
}

const alone = '-- plinth:no-transaction\n'
const on = (rule: string): LintOptions => ({ severities: { [rule]: 'warning' } })
type Example = { bad: string; good: string; options?: LintOptions }

/** For each rule what it refuses, and what one writes in its place. */
const examples: Readonly<Record<string, Example>> = {
  'ban-drop-database': { bad: 'drop database shop', good: 'select 1' },
  'ban-drop-schema': { bad: 'drop schema old', good: 'create schema new' },
  'ban-drop-table': { bad: 'drop table orders', good: 'create table t (id bigint); drop table t' },
  'ban-drop-column': { bad: 'alter table orders drop column note', good: 'alter table orders add column memo text' },
  'ban-drop-view': { bad: 'drop view totals', good: 'create view totals as select 1; drop view totals' },
  'ban-drop-type': { bad: 'drop type mood', good: "create type mood as enum ('a'); drop type mood" },
  'renaming-table': { bad: 'alter table orders rename to purchases', good: 'create view purchases as select * from orders' },
  'renaming-column': { bad: 'alter table orders rename column note to memo', good: 'alter table orders add column memo text' },
  'renaming-enum-value': { bad: "alter type mood rename value 'a' to 'b'", good: "alter type mood add value 'b' after 'a'" },
  'ban-truncate-cascade': { bad: 'truncate orders cascade', good: 'truncate orders, lines' },
  'ban-drop-not-null': { bad: 'alter table orders alter column id drop not null', good: 'alter table orders alter column id set default 1' },
  'unbounded-change': { bad: "update orders set note = ''", good: "update orders set note = '' where id between 1 and 1000" },
  'server-statement': { bad: 'create role mallory', good: 'create schema s' },
  'require-concurrent-index-creation': { bad: 'create index i on orders (note)', good: `${alone}create index concurrently if not exists i on orders (note)` },
  'require-concurrent-index-deletion': { bad: 'drop index i', good: `${alone}drop index concurrently if exists i` },
  'require-concurrent-reindex': { bad: 'reindex table orders', good: `${alone}reindex table concurrently orders` },
  'require-concurrent-partition-detach': { bad: 'alter table orders detach partition o1', good: `${alone}alter table orders detach partition o1 concurrently` },
  'attaching-partition-scans': { bad: 'alter table orders attach partition o1 for values from (1) to (2)', good: 'create table p (id bigint) partition by range (id); alter table p attach partition o1 for values from (1) to (2)' },
  'adding-field-with-default': { bad: 'alter table orders add column code uuid default gen_random_uuid()', good: 'alter table orders add column at timestamptz default now()' },
  'adding-stored-generated-field': { bad: 'alter table orders add column twice bigint generated always as (total * 2) stored', good: 'alter table orders add column twice bigint' },
  'changing-column-type': { bad: 'alter table orders alter column total type numeric', good: 'alter table orders add column exact_total numeric' },
  'rewriting-table': { bad: 'alter table orders set unlogged', good: 'create table t (id bigint); alter table t set unlogged' },
  'prefer-repack': { bad: `${alone}vacuum full orders`, good: `${alone}vacuum orders` },
  'constraint-missing-not-valid': { bad: 'alter table orders add constraint positive check (total > 0)', good: 'alter table orders add constraint positive check (total > 0) not valid' },
  'adding-foreign-key-constraint': { bad: 'alter table lines add foreign key (order_id) references orders', good: 'alter table lines add foreign key (order_id) references orders not valid' },
  'adding-not-nullable-field': { bad: 'alter table orders alter column total set not null', good: 'alter table orders validate constraint total_there; alter table orders alter column total set not null' },
  'adding-required-field': { bad: 'alter table orders add column place text not null', good: "alter table orders add column place text not null default ''" },
  'adding-serial-primary-key-field': { bad: 'alter table orders add column n bigserial', good: 'alter table orders add primary key using index i' },
  'disallowed-unique-constraint': { bad: 'alter table orders add unique (note)', good: 'alter table orders add constraint u unique using index i' },
  'unique-index-on-existing-data': { bad: `${alone}create unique index concurrently u on orders (note)`, good: `${alone}create index concurrently u on orders (note)` },
  'unique-index-modified': { bad: `${alone}drop index concurrently i; create unique index concurrently i on orders (note)`, good: `${alone}create unique index concurrently j on orders (note); drop index concurrently i` },
  'dropping-constraint': { bad: 'alter table lines drop constraint lines_order_id_fkey', good: 'alter table lines add constraint c check (id > 0) not valid' },
  'ban-concurrent-index-creation-in-transaction': { bad: 'create index concurrently i on orders (note)', good: `${alone}create index concurrently i on orders (note)` },
  'transaction-nesting': { bad: 'begin; select 1; commit', good: 'select 1' },
  'ban-uncommitted-transaction': { bad: 'begin; select 1', good: 'begin; select 1; commit' },
  'require-lock-timeout': { bad: 'alter table orders add column memo text', good: "set local lock_timeout = '5s'; alter table orders add column memo text", options: on('require-lock-timeout') },
  'require-statement-timeout': { bad: 'alter table orders add column memo text', good: "set local statement_timeout = '5s'; alter table orders add column memo text", options: on('require-statement-timeout') },
  'non-linear-history': { bad: 'select 1', good: 'select 1', options: { applied: 3 } },
  'unused-ignore': { bad: '-- plinth-ignore ban-drop-table: nothing is dropped\nselect 1', good: '-- plinth-ignore ban-drop-table: nobody reads it\ndrop table orders' },
  'ignore-without-reason': { bad: '-- plinth-ignore ban-drop-table\ndrop table orders', good: '-- plinth-ignore ban-drop-table: nobody reads it\ndrop table orders' },
  'ban-char-field': { bad: 'create table t (c char(3))', good: 'create table t (c text)' },
  'prefer-text-field': { bad: 'create table t (c varchar(30))', good: 'create table t (c text)' },
  'prefer-bigint-over-int': { bad: 'create table t (n int)', good: 'create table t (n bigint)' },
  'prefer-bigint-over-smallint': { bad: 'create table t (n smallint)', good: 'create table t (n bigint)' },
  'prefer-identity': { bad: 'create table t (n bigserial primary key)', good: 'create table t (n bigint generated always as identity primary key)' },
  'prefer-timestamp-tz': { bad: 'create table t (at timestamp)', good: 'create table t (at timestamptz)' },
  'ban-create-domain-with-constraint': { bad: 'create domain cents as bigint check (value >= 0)', good: 'create domain cents as bigint' },
  'ban-alter-domain-with-add-constraint': { bad: 'alter domain cents add constraint c check (value >= 0)', good: 'alter domain cents drop constraint c' },
  'require-enum-value-ordering': { bad: "alter type mood add value 'b'", good: "alter type mood add value 'b' after 'a'" },
  'ban-duplicate-column-assignments': { bad: "update orders set note = 'a', note = 'b' where id = 1", good: "update orders set note = 'a', total = 1 where id = 1" },
  'prefer-robust-stmts': { bad: `${alone}create index concurrently i on orders (note)`, good: `${alone}create index concurrently if not exists i on orders (note)` },
  'require-table-schema': { bad: 'create table t (id bigint)', good: 'create table public.t (id bigint)', options: on('require-table-schema') },
  'column-alignment': { bad: 'create table t (a boolean, b bigint, c boolean, d bigint)', good: 'create table t (b bigint, d bigint, a boolean, c boolean)', options: on('column-alignment') },
  'naming-schema': { bad: 'create schema "Shop"', good: 'create schema shop' },
  'naming-table': { bad: 'create table "Carts" (id bigint)', good: 'create table carts (id bigint)' },
  'naming-column': { bad: 'create table t ("createdAt" timestamptz)', good: 'create table t (created_at timestamptz)' },
  'naming-index': { bad: 'create table t (a text); create index "byA" on t (a)', good: 'create table t (a text); create index by_a on t (a)' },
  'naming-foreign-key': { bad: 'alter table lines add constraint "toOrders" foreign key (order_id) references orders not valid', good: 'alter table lines add constraint to_orders foreign key (order_id) references orders not valid' },
  'naming-check': { bad: 'alter table orders add constraint "isPositive" check (total > 0) not valid', good: 'alter table orders add constraint is_positive check (total > 0) not valid' },
  'identifier-too-long': { bad: `create table ${'t'.repeat(64)} (id bigint)`, good: `create table ${'t'.repeat(63)} (id bigint)` },
} // prettier-ignore

test('each rule has an example here, and no other', () => {
  expect(Object.keys(examples).sort()).toEqual(rules.map(({ id }) => id).sort())
})

/** All that squawk 2.63 has, and what Atlas's documentation lists for PostgreSQL; its MY and LT codes are of other databases. */
const known = `require-concurrent-index-creation require-concurrent-index-deletion require-concurrent-reindex
  require-concurrent-partition-detach constraint-missing-not-valid adding-field-with-default adding-foreign-key-constraint
  adding-not-nullable-field adding-required-field adding-serial-primary-key-field changing-column-type renaming-column
  renaming-table disallowed-unique-constraint ban-drop-database ban-drop-table ban-drop-column ban-drop-not-null
  ban-char-field ban-truncate-cascade ban-create-domain-with-constraint ban-alter-domain-with-add-constraint
  ban-concurrent-index-creation-in-transaction ban-uncommitted-transaction ban-duplicate-column-assignments
  prefer-bigint-over-int prefer-bigint-over-smallint prefer-identity prefer-repack prefer-robust-stmts prefer-text-field
  prefer-timestamp-tz transaction-nesting identifier-too-long require-lock-timeout require-statement-timeout
  require-timeout-settings require-enum-value-ordering require-table-schema unused-ignore
  DS101 DS102 DS103 MF101 MF102 MF103 MF104 BC101 BC102 CD101 NM101 NM102 NM103 NM104 NM105 NM106 non-linear-history
  PG101 PG102 PG103 PG104 PG105 PG110 PG301 PG302 PG303 PG304 PG305 PG306`

test.each(known.split(/\s+/))('%s of squawk or Atlas is a rule here', (name) => expect(idsOf(name)).not.toEqual([]))

describe.each(Object.entries(examples))('%s', (rule, { bad, good, options }) => {
  test('finds what it is for', async () => {
    expect(await findingsOf(bad, options)).toContain(rule)
  })
  test('lets through what one writes in its place', async () => {
    const other = rule === 'non-linear-history' ? {} : options
    expect(await findingsOf(good, other)).not.toContain(rule)
  })
})

describe('what is exempt, and what is not', () => {
  test('a table that the same file makes, but not one of an earlier file', async () => {
    const text = `create table carts (id bigint); create index i on carts (id);
      alter table carts alter column id set not null, add column n bigint not null, drop column n;
      alter table carts add check (id > 0); alter table carts rename to baskets; drop table baskets`
    expect(await findingsOf(text)).toEqual([])
    const files = [
      { name: '0001_base.sql', text: base },
      { name: '0002_drop.sql', text: 'drop table orders' },
    ]
    expect(lint(await readMigrations(files)).map(({ rule }) => rule)).toEqual(['ban-drop-table'])
  })
  test('what a comment ignores with a reason, which is kept beside the finding', async () => {
    const text = '-- plinth-ignore ban-drop-table: moved to the archive\ndrop table orders;\ndrop table lines;'
    const migrations = await readMigrations([{ name: '0001_drop.sql', text }])
    expect(lint(migrations, { known: new Set() }).map(({ line, ignored }) => [line, ignored])).toEqual([
      [2, 'moved to the archive'],
      [3, undefined],
    ])
  })
  test('a file that was applied, whatever is in it', async () => {
    expect(await findingsOf('drop table orders', { known: new Set(['0001_base.sql', '0002_change.sql']) })).toEqual([])
  })
  test('a rule that is off; and a warning becomes an error where the project says so', async () => {
    expect(await findingsOf('drop table orders', { severities: { 'ban-drop-table': 'off' } })).toEqual([])
    const migrations = await readMigrations([{ name: '0001_t.sql', text: 'create table t (n int)' }])
    const [found] = lint(migrations, { severities: { 'prefer-bigint-over-int': 'error' } })
    expect(found).toMatchObject({ severity: 'error', file: '0001_t.sql', line: 1, column: 14 })
  })
  test('what would break the record of what is applied, by no reason at all', async () => {
    const text = '-- plinth-ignore transaction-nesting: I know better\ncommit;'
    const found = lint(await readMigrations([{ name: '0001_x.sql', text }]))
    expect(found.map(({ rule, ignored }) => [rule, ignored])).toEqual([
      ['transaction-nesting', undefined],
      ['unused-ignore', undefined],
    ])
  })
  test("by Atlas's code as well as by the rule's own name", async () => {
    const text = '-- plinth-ignore DS102: moved to the archive\ndrop table orders'
    expect(await findingsOf(text)).toEqual([])
  })
})
