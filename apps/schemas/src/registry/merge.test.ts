import { expect, test } from 'vitest'
import { combineMetadata, combineRules } from './merge.ts'

test('puts metadata of defaults under what is given, and what overrides over both', () => {
  const defaults = { properties: { team: 'a', tier: '3' }, tags: { x: ['PII'] } }
  const given = { properties: { team: 'b' }, sensitive: ['b', 'a'] }
  expect(combineMetadata(defaults, given, { properties: { tier: '1' }, sensitive: ['a'] })).toEqual({
    properties: { team: 'b', tier: '1' },
    tags: { x: ['PII'] },
    sensitive: ['a', 'b'],
  })
  expect(combineMetadata(undefined, null, undefined)).toBeNull()
  expect(combineMetadata({ properties: {} }, null)).toBeNull()
})

test('lets a rule take the place of one of the same name, and keeps the order of the rest', () => {
  const [a, b, changed] = [
    { name: 'a', expr: '1' },
    { name: 'b', expr: '1' },
    { name: 'a', expr: '2' },
  ]
  expect(combineRules({ domainRules: [a, b] }, { domainRules: [changed], enableAt: 'CLIENT' })).toEqual({
    domainRules: [b, changed],
    enableAt: 'CLIENT',
  })
  expect(combineRules({ domainRules: [] }, null)).toBeNull()
})
