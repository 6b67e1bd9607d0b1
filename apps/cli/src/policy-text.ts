import pc from 'picocolors'
import type { Api } from './session.ts'

type Problem = Awaited<ReturnType<Api['validatePolicy']>>['problems'][number]
type TestRun = Awaited<ReturnType<Api['runPolicyTests']>>

/** As compilers say it, so that editors find the place. */
export function problemText(file: string, { line, column, severity, message }: Problem): string {
  const place = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':')
  return (severity === 'error' ? pc.red : pc.yellow)(`${place}: ${severity}: ${message}`)
}

export const diffText = ({ added, removed }: { added: readonly string[]; removed: readonly string[] }): string =>
  [...removed.map((row) => pc.red(`- ${row}`)), ...added.map((row) => pc.green(`+ ${row}`))].join('\n') ||
  'No difference.'

/** Each test that fails, with why; those that pass are only counted. */
export function testsText({ passed, failed, items }: TestRun): string {
  const failing = items
    .filter((test) => !test.passed)
    .map(
      ({ name, expected, got, reason }) =>
        `${pc.red('■')} ${pc.bold(name)}\n    expected ${expected}, got ${got}: ${reason}`,
    )
  const sum = `${failed > 0 ? pc.red('■') : pc.green('●')} ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}`
  return [...failing, sum].join('\n')
}
