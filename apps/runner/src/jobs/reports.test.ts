import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Assignment } from './pipelines.ts'
import { readReports } from './reports.ts'

const folder = mkdtempSync(join(tmpdir(), 'plinth-reports-'))
afterAll(() => rmSync(folder, { recursive: true }))

const said: string[] = []
const log = { say: (line: string) => void said.push(line) }
const read = (artifacts: Partial<NonNullable<Assignment['artifacts']>>): ReturnType<typeof readReports> => {
  said.length = 0
  const none = { name: 'x', paths: [], exclude: [], when: 'always' as const, junit: [], dotenv: [] }
  return readReports({ artifacts: { ...none, ...artifacts } }, folder, log)
}

describe('the reports of a job', () => {
  it('are sent as they were written, each with its kind and path', () => {
    writeFileSync(join(folder, 'cobertura.xml'), '<coverage/>')
    writeFileSync(join(folder, 'lcov.info'), 'SF:a')
    writeFileSync(join(folder, 'quality.json'), '[]')
    writeFileSync(join(folder, 'one.sarif'), '{"é":1}')
    const coverage = [{ format: 'lcov' as const, path: '*.info' }, { format: 'cobertura' as const, path: 'cobertura.xml' }]
    expect(read({ coverage, codequality: ['quality.json'], sarif: ['*.sarif'] }).reports).toEqual([
      { kind: 'cobertura', name: 'cobertura.xml', text: '<coverage/>' },
      { kind: 'lcov', name: 'lcov.info', text: 'SF:a' },
      { kind: 'codequality', name: 'quality.json', text: '[]' },
      { kind: 'sarif', name: 'one.sarif', text: '{"é":1}' },
    ])
    expect(said).toEqual([])
  }) // prettier-ignore

  it('that lead elsewhere, are not there or do not fit into one message are left out, and the log says so', () => {
    symlinkSync('/etc/passwd', join(folder, 'link.sarif'))
    expect(read({ sarif: ['link.sarif'] }).reports).toBeUndefined()
    expect(said.join()).toContain('leads out of the project')
    expect(read({ codequality: ['none.json'] }).reports).toBeUndefined()
    expect(said.join()).toContain('none.json: no matching files')
    for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.big`), 'x'.repeat(4_000_000))
    const { junit, reports } = read({ junit: ['a.big'], sarif: ['b.big'] })
    expect([junit.length, reports]).toEqual([1, undefined])
    expect(said.join()).toContain('sarif: a report is left out')
  })
})
