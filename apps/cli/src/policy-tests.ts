import { parse } from 'yaml'
import type { Api } from './session.ts'
import { CliError } from './cli-error.ts'
import { exitCode } from './exit-codes.ts'
import { readText } from './read-text.ts'

type Test = Parameters<Api['runPolicyTests']>[0]['body']['tests'][number]

/**
 * The tests of a file: under `tests:`, or under `items:` as the platform gives its own, or a bare list. YAML, of which
 * JSON is a part. What each must hold the platform says, with the place.
 */
export function policyTestsFrom(file: string): Test[] {
  let value: unknown
  try {
    value = parse(readText(file), { maxAliasCount: 100 })
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`${file}: ${error instanceof Error ? error.message : 'not readable'}`, exitCode('usage'))
  }
  const members: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {}
  const tests = Array.isArray(value) ? (value as unknown[]) : (members['tests'] ?? members['items'])
  if (!Array.isArray(tests) || tests.length === 0)
    throw new CliError(`${file} holds no tests: they are a list under 'tests:'.`, exitCode('usage'))
  return tests as Test[]
}
