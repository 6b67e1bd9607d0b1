import { describe, expect, it } from 'vitest'
import { readCodeQuality } from './code-quality.ts'
import { Findings, type Finding } from './finding.ts'
import { readReports } from './read-reports.ts'
import { readSarif } from './sarif.ts'

const codeQuality = JSON.stringify([
  {
    description: "'unused' is assigned a value but never used.",
    check_name: 'no-unused-vars',
    fingerprint: '7815696ecbf1c96e6894b779456d330e',
    severity: 'minor',
    location: { path: 'lib/index.js', lines: { begin: 42 } },
  },
  {
    type: 'issue',
    description: 'Function `post` has a Cognitive Complexity of 21',
    severity: 'blocker',
    engine_name: 'structure',
    location: { path: './lib/post.js', positions: { begin: { line: 7, column: 1 }, end: { line: 30, column: 2 } } },
    content: { body: 'é'.repeat(70_000) },
  },
])

/** The tool after the results, as the order of members is free. */
const sarif = JSON.stringify({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      results: [
        {
          ruleId: 'js/sql-injection',
          ruleIndex: 0,
          message: { text: 'This query depends on a user-provided value.' },
          locations: [{ physicalLocation: { artifactLocation: { uri: 'src/db.ts' }, region: { startLine: 12 } } }],
          partialFingerprints: { primaryLocationLineHash: '39fa2ee980eb94b0:1' },
        },
        { ruleIndex: 1, level: 'note', message: { text: 'Prefer const.' } },
        { ruleId: 'plain/1', message: { text: 'x' } },
        { ruleId: 'other', message: { text: 'no level' } },
        { ruleId: 'js/sql-injection', kind: 'pass', message: { text: 'fine' } },
        { ruleId: 'js/sql-injection', message: { text: 'accepted' }, suppressions: [{ kind: 'inSource' }] },
      ],
      tool: {
        driver: {
          name: 'CodeQL',
          rules: [
            { id: 'js/sql-injection', properties: { 'security-severity': '8.8' }, defaultConfiguration: { level: 'error' } },
            { id: 'js/prefer-const' },
            { id: 'plain', defaultConfiguration: { level: 'error' } },
          ],
        },
      },
    },
  ],
}) // prettier-ignore

const read = (reader: (text: string, findings: Findings) => void, text: string): Finding[] => {
  const findings = new Findings()
  reader(text, findings)
  return findings.all
}

describe('a report of findings', () => {
  it("in GitLab's form of code quality gives each with its severity and place", () => {
    expect(read(readCodeQuality, codeQuality)).toMatchObject([
      { tool: 'code quality', rule: 'no-unused-vars', severity: 'minor', path: 'lib/index.js', line: 42 },
      { tool: 'structure', rule: '', severity: 'blocker', path: 'lib/post.js', line: 7 },
    ])
  })

  it('in the form of SARIF takes the severity of the score, the result or the rule, and leaves out what is suppressed or passed', () => {
    expect(read(readSarif, sarif).map(({ rule, severity, line }) => [rule, severity, line])).toEqual([
      ['js/sql-injection', 'critical', 12],
      ['js/prefer-const', 'minor', 0],
      ['plain/1', 'critical', 0],
      ['other', 'major', 0],
    ])
    expect(read(readSarif, sarif)[0]?.tool).toBe('CodeQL')
  })

  it('knows a finding again when its line has moved, and tells two apart', () => {
    const at = (line: number, message = 'm'): string =>
      JSON.stringify([{ description: message, check_name: 'c', location: { path: 'a', lines: { begin: line } } }])
    const [first, moved, other] = [at(1), at(9), at(1, 'n')].map((text) => read(readCodeQuality, text)[0]?.fingerprint)
    expect(moved).toBe(first)
    expect(other).not.toBe(first)
  })

  it.each([
    ['lists without end', readSarif, `{"version":"2.1.0","runs":${'['.repeat(100_000)}`, 'deeper than 40'],
    ['objects without end', readCodeQuality, `[${'{"a":'.repeat(100_000)}`, 'deeper than 40'],
    ['a document that breaks off', readSarif, '{"version":"2.1.0","runs":[', 'breaks off'],
    ['text that is no JSON', readCodeQuality, '[,]', 'not well-formed JSON'],
    ['two documents', readCodeQuality, '[] []', 'not well-formed JSON'],
    ['nothing', readSarif, '', 'breaks off'],
    ['another kind of document', readCodeQuality, '{}', 'no list'],
    ['another version', readSarif, '{"version":"1.0.0","runs":[]}', 'no SARIF of version 2.1.0'],
    ['a finding without a place', readCodeQuality, '[{"description":"x"}]', 'finding 1 has no'],
    ['findings without number', readSarif, `{"version":"2.1.0","runs":[{"results":[${'{},'.repeat(10_000)}{}]}]}`, 'more than 10000'],
  ])('of %s is refused with the reason', (_what, reader, document, why) => {
    expect(() => read(reader, document)).toThrow(why)
  }) // prettier-ignore

  it('with the name of a prototype in it changes nothing but itself', () => {
    const text = '[{"__proto__":{"description":"x","location":{"path":"a"}}}]'
    expect(() => read(readCodeQuality, text)).toThrow('finding 1 has no')
    expect(Object.hasOwn(Object.prototype, 'description')).toBe(false)
  })
})

describe('the reports of a job', () => {
  it('are read by their kind; TAP is told from JUnit; what could not be read is said, and the rest is kept', () => {
    const read = readReports({
      junit: ['<testsuite name="s"><testcase name="a" file="t/a.ts"/></testsuite>', 'TAP version 14\n1..1\nok 1 - b'],
      reports: [
        { kind: 'lcov', name: 'lcov.info', text: 'SF:a\nDA:1,1\nend_of_record\n' },
        { kind: 'sarif', name: 'out.sarif', text: '{' },
      ],
    })
    expect(read.cases).toMatchObject([
      { suite: 's', name: 'a', file: 't/a.ts' },
      { suite: 'TAP', name: 'b' },
    ])
    expect(read.coverage).toMatchObject([{ path: 'a', linesCovered: 1 }])
    expect(read.findings).toEqual([])
    expect(read.problems).toEqual(['out.sarif could not be read wholly as sarif: it breaks off'])
    expect(readReports({ junit: [] })).toEqual({ cases: [], coverage: undefined, findings: undefined, problems: [] })
  })
})
