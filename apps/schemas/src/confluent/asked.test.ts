import { testIdentity } from '@plinth/testkit'
import { expect, test } from 'vitest'
import { contextOf, homeOf, idOf, shownName, subjectOf, versionOf } from './asked.ts'

const by = (subject: string, context?: string) => ({
  who: testIdentity(subject),
  params: context === undefined ? {} : { context },
})
const code = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { extensions: { error_code: number } }).extensions.error_code
  }
}

test.each([
  ['sa:payments/ledger', 'payments'],
  ['job:payments/build', 'payments'],
  ['workload:payments/production/ledger', 'payments'],
  ['user:payments/ana', undefined],
  ['sa:Not-A-Project/x', undefined],
])('%s is at home in %s', (subject, home) => {
  expect(homeOf(testIdentity(subject))).toBe(home)
})

test('takes the context of the base URL with and without its dot, and none for the default one', () => {
  expect(contextOf(by('user:ana', '.risk'))).toBe('risk')
  expect(contextOf(by('user:ana', 'risk'))).toBe('risk')
  expect(contextOf(by('user:ana', '.'))).toBeUndefined()
  expect(code(() => contextOf(by('user:ana', '.No Project')))).toBe(42208)
})

test('finds whose a subject is: by its own name, by the base URL, by the caller', () => {
  const ledger = by('sa:payments/ledger')
  expect(subjectOf(ledger, 'order')).toEqual({ project: 'payments', subject: 'order' })
  expect(subjectOf(ledger, ':.:order')).toEqual({ project: 'payments', subject: 'order' })
  expect(subjectOf(ledger, ':.risk:order')).toEqual({ project: 'risk', subject: 'order' })
  expect(subjectOf(by('sa:payments/ledger', '.risk'), 'order')).toEqual({ project: 'risk', subject: 'order' })
  expect(subjectOf(by('user:ana'), 'order')).toEqual({ project: undefined, subject: 'order' })
  for (const name of ['', 'a b', 'a/b', ':.risk:', ':risk:order', '../x', 'x'.repeat(201)])
    expect(
      code(() => subjectOf(ledger, name)),
      name,
    ).toBe(42208)
})

test('shows a subject bare at home, with its context elsewhere', () => {
  const place = { project: 'payments', subject: 'order' }
  expect(shownName(by('sa:payments/ledger'), place)).toBe('order')
  expect(shownName(by('sa:risk/scorer'), place)).toBe(':.payments:order')
  expect(shownName(by('sa:payments/ledger', '.payments'), place)).toBe(':.payments:order')
})

test('reads versions and ids, and refuses what is none', () => {
  expect(['1', '2147483647', 'latest', '-1'].map(versionOf)).toEqual([1, 2_147_483_647, 'latest', 'latest'])
  for (const text of ['0', '-2', '1.5', '1e3', '2147483648', 'Latest', ''])
    expect(code(() => versionOf(text))).toBe(42202)
  expect(idOf('7')).toBe(7)
  for (const text of ['-1', 'x', '2147483648', '']) expect(code(() => idOf(text))).toBe(40403)
})
