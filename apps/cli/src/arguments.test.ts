import { describe, expect, test } from 'vitest'
import { csvFrom, domainFrom, minutes, roleFrom, wholeNumber } from './arguments.ts'

describe('arguments', () => {
  test.each([
    ['45', 45],
    ['45m', 45],
    ['1h', 60],
    ['1h30m', 90],
    ['1h30', 90],
  ])('%s is %i minutes', (text, expected) => expect(minutes(text)).toBe(expected))

  test.each(['', 'h', '-5', '1.5h', '1d', 'soon'])('%j is no time', (text) => expect(() => minutes(text)).toThrow())

  test.each(['0', '-1', '1.5', 'x', ''])('%j is no whole number from 1', (text) =>
    expect(() => wholeNumber(text)).toThrow(),
  )

  test('a domain is named once, by its place or by --in', () => {
    expect(domainFrom('payments', undefined)).toBe('payments')
    expect(domainFrom(undefined, 'payments', '*')).toBe('payments')
    expect(domainFrom(undefined, undefined, '*')).toBe('*')
    expect(() => domainFrom('payments', 'orders')).toThrow()
    expect(() => domainFrom(undefined, undefined)).toThrow()
  })

  test('a role may be named without saying that it is one', () => {
    expect([roleFrom('deployer'), roleFrom('group:payments/leads')]).toEqual(['role:deployer', 'group:payments/leads'])
  })

  test('a cell of CSV neither breaks its row nor is calculated by a spreadsheet', () => {
    expect(csvFrom([['a,b', 'say "so"', '=1+1', '']])).toBe('"a,b","say ""so""",\'=1+1,\r\n')
  })
})
