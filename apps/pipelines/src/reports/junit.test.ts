import { describe, expect, it } from 'vitest'
import { readJunit } from './junit.ts'
import { totalsOf } from './test-store.ts'

const last = (document: string) => readJunit(document, 'report').at(-1)

describe('a JUnit report', () => {
  it('that claims to have taken for ever comes to a time that can be kept', () => {
    const cases = readJunit(
      '<testsuite><testcase name="a" time="1e12"/><testcase name="b" time="1e12"/></testsuite>',
      'r',
    )
    expect(totalsOf(cases)).toMatchObject({ passed: 2, durationMs: 2_147_483_647 })
  })

  it('gives each case with its suite, status, time and message', () => {
    const report = `<?xml version="1.0"?><testsuites><testsuite name="outer">
      <testcase name="a" classname="Class" time="1.25"/>
      <testcase name="b" time="1,000.5"><failure message="expected 1">at &lt;here&gt;</failure><system-out>noise</system-out></testcase>
      <testcase name="c"><error><![CDATA[boom & bust]]></error></testcase>
      <testcase name="d"><skipped/></testcase></testsuite></testsuites>`
    expect(readJunit(report, 'r')).toEqual([
      { suite: 'Class', within: 'outer', name: 'a', status: 'passed', durationMs: 1_250 },
      { suite: 'outer', name: 'b', status: 'failed', durationMs: 1_000_500, message: 'expected 1\nat <here>' },
      { suite: 'outer', name: 'c', status: 'error', durationMs: 0, message: 'boom & bust' },
      { suite: 'outer', name: 'd', status: 'skipped', durationMs: 0 },
    ])
  })

  it.each([
    [
      'entities that multiply',
      '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>',
      'document type',
    ],
    [
      'an entity of a file',
      '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite>&f;</testsuite>',
      'document type',
    ],
    ['an unknown entity', '<testsuite><testcase name="&nope;"/></testsuite>', 'not well-formed'],
    ['a document that breaks off', '<testsuite><testcase name="a"', 'not well-formed'],
    ['text that is no XML', 'not ok 1', 'not well-formed'],
    ['nothing', '', 'not well-formed'],
    ['another kind of document', '<html><body/></html>', 'no `testsuite`'],
    ['elements without end', '<a>'.repeat(100), 'deeper than 32'],
  ])('of %s is one error that says why', (_what, document, why) => {
    expect(last(document)).toMatchObject({ status: 'error', name: 'report', message: expect.stringContaining(why) })
  })

  it('of too many cases keeps the first 10,000 and says so', () => {
    const cases = readJunit(`<testsuite>${'<testcase name="x"/>'.repeat(10_001)}</testsuite>`, 'r')
    expect(cases).toHaveLength(10_001)
    expect(cases.at(-1)?.message).toContain('more than 10000 cases')
  })

  it('has its long messages cut and NUL refused', () => {
    expect(
      last(`<testsuite><testcase name="x"><failure>${'y'.repeat(50_000)}</failure></testcase></testsuite>`)?.message,
    ).toHaveLength(8_000)
    expect(last('<testsuite><testcase name="a\0b"/></testsuite>')?.status).toBe('error')
    const cut = `${'f'.repeat(499)}\u{1f4a5}`
    expect(last(`<testsuite><testcase name="${cut}" file="${cut}"/></testsuite>`)?.file?.isWellFormed()).toBe(true)
  })
})
