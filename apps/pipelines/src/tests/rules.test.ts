import { describe, expect, it } from 'vitest'
import type { ReportCase } from '../reports/report-case.ts'
import { jobGroup, testKey, testRuns } from './identity.ts'
import { failedTests, reachedLast } from './quarantine-rule.ts'

const entry = (more: Partial<ReportCase> = {}): ReportCase => ({
  suite: 'Book',
  name: 'adds',
  status: 'failed',
  durationMs: 10,
  ...more,
})

describe('a test', () => {
  it('is known again by suite, class, name and file, and by nothing else', () => {
    const key = testKey(entry())
    expect(testKey(entry({ status: 'passed', durationMs: 1, message: 'x' }))).toBe(key)
    const others = [{ suite: 'Other' }, { name: 'other' }, { file: 'a.ts' }, { within: 'unit' }].map((more) =>
      testKey(entry(more)),
    )
    expect(new Set([key, ...others]).size).toBe(5)
  })

  it('that has several cases of its name failed if one of them did', () => {
    const cases = [entry({ status: 'passed' }), entry({ status: 'error' }), entry({ status: 'skipped' })]
    expect(testRuns(cases)).toMatchObject([{ status: 'failed', durationMs: 30 }])
    expect(testRuns([entry({ unread: true })])).toEqual([])
  })

  it('is compared within the same job: shards are one job, permutations are several', () => {
    expect(['unit 2/5', 'unit: [node24]', 'unit'].map(jobGroup)).toEqual(['unit', 'unit: [node24]', 'unit'])
  })
})

describe('a failure that quarantine may let pass', () => {
  const ended = { outcome: 'failed', exitCode: 1, cases: [entry()], problems: [], script: ['npm ci', 'npm test'] }

  it('is one of tests alone', () => {
    expect(failedTests(ended)).toEqual(new Set([testKey(entry())]))
  })

  it.each([
    ['of a job that ran into its timeout', { outcome: 'timeout' }],
    ['of a program that was killed', { exitCode: 137 }],
    ['of a command that is not there', { exitCode: 127 }],
    ['without an exit code', { exitCode: undefined }],
    ['of no test', { cases: [entry({ status: 'passed' })] }],
    ['with a report that could not be read', { cases: [entry(), entry({ unread: true })] }],
    ['with another report that could not be read', { problems: ['x'] }],
    ['of a command that others would have followed', { script: ['npm test && npm run lint'] }],
    ['of a script of several lines', { script: ['npm test\nnpm run lint'] }],
    ['of no script', { script: [] }],
  ])('is none %s', (_what, more) => {
    expect(failedTests({ ...ended, ...more })).toBeUndefined()
  })

  it('is none before the last command was begun', () => {
    const shown = (command: string): string => `\u001b[32;1m$ ${command}\u001b[0;m\n`
    expect(reachedLast(shown('npm ci') + shown('npm test'), ['npm ci', 'npm test'])).toBe(true)
    expect(reachedLast(shown('npm ci'), ['npm ci', 'npm test'])).toBe(false)
    expect(reachedLast(shown('npm test'), ['npm test', 'npm test'])).toBe(false)
    expect(reachedLast('$ npm test\n', ['npm test'])).toBe(false)
  })
})
