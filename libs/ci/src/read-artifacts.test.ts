import { describe, expect, it } from 'vitest'
import { planOf, problemsOf } from './testing/plan-of.ts'

const reports = (text: string): string => `a: { script: x, artifacts: { reports: ${text} } }`

describe('artifacts:reports', () => {
  it('names the files of coverage and findings, which are read', () => {
    const text = '{ coverage_report: { coverage_format: jacoco, path: "**/jacoco.xml" }, codequality: gl.json, sarif: [a.sarif] }'
    const [job] = planOf(reports(text)).jobs
    expect(job?.artifacts).toMatchObject({
      coverage: [{ format: 'jacoco', path: '**/jacoco.xml' }],
      codequality: ['gl.json'],
      sarif: ['a.sarif'],
    })
    expect(job?.notes).toEqual([])
  }) // prettier-ignore

  it('wants a known format and a path inside of the project', () => {
    expect(problemsOf(reports('{ coverage_report: { coverage_format: clover, path: x } }'))).toEqual([
      expect.stringContaining('cobertura'),
    ])
    expect(problemsOf(reports('{ coverage_report: { path: ../x } }'))).toEqual([
      expect.stringContaining('Expected `coverage_format` and `path`'),
      expect.stringContaining('leads out of it'),
    ])
  })
})
