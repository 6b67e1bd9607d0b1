import { describe, expect, test } from 'vitest'
import { readMigrations } from '../grammar/files.ts'
import { planOf, type Plan } from './plan.ts'

const planned = async (...texts: string[]): Promise<Plan> =>
  planOf(await readMigrations(texts.map((text, index) => ({ name: `000${index + 1}_x.sql`, text }))))
const alone = '-- plinth:no-transaction\n'

describe('of a table that is in use, each statement has its phase, its lock and its work', () => {
  test.each([
    ['alter table t add column a text', 'expand', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['alter table t add column a uuid default gen_random_uuid()', 'expand', 'ACCESS EXCLUSIVE', 'rewrites'],
    ['alter table t add column a text not null', 'contract', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['alter table t drop column a', 'contract', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['alter table t alter column a type bigint', 'contract', 'ACCESS EXCLUSIVE', 'rewrites'],
    ['alter table t alter column a set not null', 'contract', 'ACCESS EXCLUSIVE', 'scans'],
    ['alter table t alter column a drop not null', 'expand', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['alter table t rename column a to b', 'contract', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['alter table t add check (a > 0) not valid', 'contract', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['alter table t validate constraint c', 'backfill', 'SHARE UPDATE EXCLUSIVE', 'scans'],
    ['alter table t add foreign key (a) references u not valid', 'contract', 'SHARE ROW EXCLUSIVE', 'nothing is written or read'],
    ['create index on t (a)', 'expand', 'SHARE', 'scans'],
    [`${alone}create index concurrently on t (a)`, 'expand', 'SHARE UPDATE EXCLUSIVE', 'scans'],
    [`${alone}create unique index concurrently i on t (a)`, 'contract', 'SHARE UPDATE EXCLUSIVE', 'scans'],
    ['drop table t', 'contract', 'ACCESS EXCLUSIVE', 'nothing is written or read'],
    ['update t set a = 1', 'backfill', 'ROW EXCLUSIVE', 'scans'],
    ['insert into t values (1)', 'backfill', 'ROW EXCLUSIVE', 'nothing is written or read'],
    ['create table n (id bigint)', 'expand', 'NONE', 'nothing is written or read'],
    ["alter type mood add value 'b'", 'expand', 'NONE', 'nothing is written or read'],
  ])('%s', async (text, phase, lock, work) => {
    const [one] = (await planned(text)).statements
    const does = one?.rewrites ? 'rewrites' : one?.scans ? 'scans' : 'nothing is written or read'
    expect([one?.phase, one?.lock, does]).toEqual([phase, lock, work])
  })
}) // prettier-ignore

test('nobody waits for a table that the same set makes', async () => {
  const { statements, files } = await planned('create table t (a integer); create index on t (a)', 'alter table t alter column a type bigint; drop table t') // prettier-ignore
  expect(statements.every(({ lock, phase }) => lock === 'NONE' && phase === 'expand')).toBe(true)
  expect(files.map(({ phase }) => phase)).toEqual(['expand', 'expand'])
})

test('a statement of several parts has the strongest lock and the latest phase of them', async () => {
  const { statements } = await planned('alter table t add column b text, validate constraint c, drop column a')
  expect(statements).toMatchObject([{ phase: 'contract', lock: 'ACCESS EXCLUSIVE', scans: true, tables: ['t'] }])
})

test('tells to split what adds and takes away, to go before what waits, and what is heavy', async () => {
  const { advice } = await planned(
    'alter table t add column b text;\nalter table t drop column a;',
    'create index concurrently on t (b)',
    'alter table t alter column b type varchar(9)',
  )
  expect(advice).toEqual([
    '0001_x.sql adds (line 1) and takes away (line 2): split it, so that the one need not wait for the other.',
    '0002_x.sql comes after 0001_x.sql, a contract step, and waits for it: give it a lower number.',
    '0003_x.sql:1 writes every row of t while reads and writes wait.',
  ])
})
