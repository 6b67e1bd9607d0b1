import { expect, test } from 'vitest'
import { displayNameOf, groupsOf, usernameOf } from './claims.ts'

test('a user is named by the claim, in lower case, and by an address without its domain', () => {
  expect(usernameOf({ preferred_username: 'Ana.Lopez' }, 'preferred_username')).toBe('ana.lopez')
  expect(usernameOf({ email: 'ana@payments.example', email_verified: true }, 'email')).toBe('ana')
})

test.each([
  ['no claim', {}],
  ['an empty one', { name: '' }],
  ['a number', { name: 7 }],
  ['a list', { name: ['ana'] }],
  ['one letter', { name: 'a' }],
  ['another alphabet', { name: 'аnа' }],
  ['a path', { name: '../ana' }],
  ['spaces', { name: 'ana lopez' }],
  ['a long one', { name: 'a'.repeat(41) }],
])('%s names nobody', (_what, claims) => {
  expect(() => usernameOf(claims, 'name')).toThrow(/refused|provider/i)
})

test('an address that the provider has not verified names nobody', () => {
  expect(() => usernameOf({ email: 'ana@x.example', email_verified: false }, 'email')).toThrow(/verified|vouch/)
})

test('only groups that are mapped are taken over, each once', () => {
  const mapping = { leads: 'payments/leads', staff: 'everybody', all: 'everybody' }
  const claims = { groups: ['leads', 'staff', 'all', 'administrators', '__proto__', 'constructor', 7, null] }
  expect(groupsOf(claims, 'groups', mapping)).toEqual(['everybody', 'payments/leads'])
  expect(groupsOf({ groups: 'staff' }, 'groups', mapping)).toEqual(['everybody'])
})

test.each([[{}], [{ groups: [] }], [{ groups: null }], [{ groups: '' }], [{ groups: { leads: true } }]])(
  'a claim that is missing, empty or of another form gives no groups: %j',
  (claims) => expect(groupsOf(claims, 'groups', { leads: 'leads' })).toEqual([]),
)

test('a name is shown without what would disguise it', () => {
  expect(displayNameOf({ name: '  Ana\u202e\u0000 Lopez ' })).toBe('Ana Lopez')
  expect([displayNameOf({ name: 7 }), displayNameOf({ name: '\u0000' }), displayNameOf({})]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
