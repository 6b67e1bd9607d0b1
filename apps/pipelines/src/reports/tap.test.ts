import { describe, expect, it } from 'vitest'
import { isTap, readTap } from './tap.ts'

const nodeTest = `TAP version 13
# Subtest: ledger
    # Subtest: books an amount
    ok 1 - books an amount
      ---
      duration_ms: 1.6
      type: 'test'
      ...
    # Subtest: refuses a negative amount
    not ok 2 - refuses a negative amount
      ---
      duration_ms: 0.5
      error: 'expected a refusal'
      ...
    1..2
not ok 1 - ledger
  ---
  duration_ms: 3.1
  ...
1..1
# tests 2
`

describe('a TAP report', () => {
  it('gives each test with its name, status, time and diagnosis, those of subtests under their suite', () => {
    expect(isTap(nodeTest)).toBe(true)
    expect(readTap(nodeTest, 'r')).toEqual([
      { suite: 'ledger', name: 'books an amount', status: 'passed', durationMs: 2 },
      {
        suite: 'ledger',
        name: 'refuses a negative amount',
        status: 'failed',
        durationMs: 1,
        message: "duration_ms: 0.5\nerror: 'expected a refusal'",
      },
    ])
  })

  it('reads skips, expected failures, escapes and points without a name', () => {
    const cases = readTap('1..5\nok 1 - a # SKIP no disk\nnot ok 2 - b # TODO later\nok 3\nnot ok - c \\# 4\nok 5 # todo x', 'r')
    expect(cases.map(({ name, status, message }) => [name, status, message])).toEqual([
      ['a', 'skipped', 'no disk'],
      ['b', 'skipped', 'later'],
      ['test 3', 'passed', undefined],
      ['c # 4', 'failed', undefined],
      ['test 5', 'passed', 'x'],
    ])
  }) // prettier-ignore

  it('says that tests were planned and did not run, that all was given up, and what failed after its subtests', () => {
    expect(readTap('1..3\nok 1 - a\n', 'r').at(-1)).toMatchObject({ status: 'error', message: '3 tests were planned and 1 run' })
    expect(readTap('1..3\nok 1\nBail out! no database\nok 2', 'r').at(-1)).toMatchObject({ name: 'bail out', message: 'no database' })
    expect(readTap('    ok 1 - inner\n    1..1\nnot ok 1 - cleans up\n1..1', 'r').map(({ name }) => name)).toEqual(['inner', 'cleans up'])
  }) // prettier-ignore

  it('of nothing, of no TAP, too deep or too large is one error that says why', () => {
    const last = (document: string): string | undefined => readTap(document, 'r').at(-1)?.message
    expect(last('hello\nworld')).toContain('neither a plan nor a test')
    expect(last(`${' '.repeat(400)}ok 1`)).toContain('deeper than 16')
    expect(last('ok 1\n'.repeat(10_001))).toContain('more than 10000 cases')
    expect(readTap('1..0 # SKIP not here', 'r')).toEqual([])
    expect(isTap('<testsuite/>')).toBe(false)
  })
})
