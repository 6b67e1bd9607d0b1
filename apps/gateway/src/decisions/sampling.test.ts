import { expect, test } from 'vitest'
import { isByAdministrator, isPrivileged } from './privileged.ts'
import { sampler } from './sampling.ts'

test('the first use of a right is kept, and the weights of all that is kept add up to all there were', () => {
  const weightOf = sampler(10)
  const caller = {}
  expect([
    weightOf(caller, 'getProject', 'a'),
    weightOf(caller, 'getProject', 'b'),
    weightOf({}, 'getProject', 'a'),
  ]).toEqual([1, 1, 1])
  let sum = 0
  for (let count = 0; count < 100_000; count++) sum += weightOf(caller, 'getProject', 'a')
  // Of 10,000 expected draws six standard deviations are 570, each of weight 10.
  expect(Math.abs(sum - 100_000)).toBeLessThan(6_000)
})

test('a caller is remembered for a thousand places, and sampled beyond', () => {
  const weightOf = sampler(1_000_000)
  const caller = {}
  const kept = Array.from({ length: 3_000 }, (_, count) => weightOf(caller, 'x', `p${count}`)).filter((w) => w === 1)
  expect(kept).toHaveLength(1_000)
})

test.each([
  ['grant', 'binding', true],
  ['update', 'policy', true],
  ['create', 'token/tok_1', true],
  ['use', 'break-glass', true],
  ['deploy', 'application/ledger', true],
  ['delete', 'component/ledger', true],
  ['list', 'user', false],
  ['create', 'component', false],
  ['get', 'audit', false],
])('%s on %s: privileged is %s', (action, object, expected) => {
  expect(isPrivileged({ action, object })).toBe(expected)
})

test('what an administrator may change because he may do everything is privileged, and what he reads is not', () => {
  const rule = { subject: 'role:administrator', domain: '*', object: '*', action: '*', effect: 'allow' } as const
  expect(isByAdministrator({ action: 'create', object: 'component' }, rule)).toBe(true)
  expect(isByAdministrator({ action: 'list', object: 'component' }, rule)).toBe(false)
  expect(isByAdministrator({ action: 'create', object: 'component' }, { ...rule, object: 'component' })).toBe(false)
})
