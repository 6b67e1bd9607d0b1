import { parse } from 'yaml'
import { exitCode } from './exit-codes.ts'
import { readText } from './read-text.ts'
import { uses } from './schema-file.ts'
import { CliError } from './cli-error.ts'

type Use = { subject: string; version: number }

const member = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined

/** What a score.yaml says that its workload writes and reads: the annotations `plinth.dev/produces` and `consumes`. */
export function declaredIn(file: string, text: string = readText(file)): { produces: Use[]; consumes: Use[] } {
  let annotations: unknown
  try {
    annotations = member(member(parse(text, { maxAliasCount: 20 }), 'metadata'), 'annotations')
  } catch (error) {
    throw new CliError(`${file} is no YAML: ${error instanceof Error ? error.message : ''}`, exitCode('usage'))
  }
  const of = (name: string): Use[] => {
    const value = member(annotations, `plinth.dev/${name}`)
    if (value === undefined) return []
    if (typeof value !== 'string')
      throw new CliError(`${file}, plinth.dev/${name}: it is a text, as orders:2,payments/entry:1`, exitCode('usage'))
    try {
      return uses(value)
    } catch (error) {
      throw new CliError(
        `${file}, plinth.dev/${name}: ${error instanceof Error ? error.message : ''}`,
        exitCode('usage'),
      )
    }
  }
  return { produces: of('produces'), consumes: of('consumes') }
}
