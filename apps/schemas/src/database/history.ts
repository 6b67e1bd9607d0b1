import { createHash } from 'node:crypto'
import type { Migration } from '@plinth/sql'
import type { Problem } from '@plinth/kernel'

/** One row of `plinth.migrations` in the database itself. `running`: outside a transaction, and cut off. */
export type Applied = { number: number; name: string; sha256: string; state: 'applied' | 'running' }
export type History = {
  /** What is not applied there, in order. */
  pending: Migration[]
  /** Edits, gaps, and numbers that come too late. */
  problems: Problem[]
}

/** Compares the files of a repository with what a database says was applied to it. */
export function historyOf(files: readonly Migration[], applied: readonly Applied[]): History {
  const byNumber = new Map(files.map((file) => [file.number, file]))
  const done = applied.filter(({ state }) => state === 'applied')
  const last = Math.max(0, ...done.map(({ number }) => number))
  const known = new Set(done.map(({ number }) => number))
  const problems = applied.flatMap(({ number, name, sha256 }): Problem[] => {
    const file = byNumber.get(number)
    if (file === undefined)
      return [{ path: name, message: 'was applied there and is not among the files: bring it back as it was' }]
    if (file.name !== name)
      return [
        {
          path: file.name,
          message: `stands in the place of ${name}, which was applied there: give it the next free number`,
        },
      ]
    return file.sha256 === sha256
      ? []
      : [
          {
            path: name,
            message: 'was edited after it was applied there: put it back, and write the change as a new migration',
          },
        ]
  })
  const pending = files.filter(({ number }) => !known.has(number))
  const late = pending
    .filter(({ number }) => number < last)
    .map(({ name }) => ({
      path: name,
      message: `comes before number ${last}, which was applied there: give it the next free number`,
    }))
  return { pending, problems: [...problems, ...late] }
}

/** One key for a number of migrations in order; the same texts have the same one, whatever the files are called. */
export function prefixOf(files: readonly Pick<Migration, 'number' | 'sha256'>[]): string {
  const hash = createHash('sha256')
  for (const { number, sha256 } of files) hash.update(`${number}:${sha256}\n`)
  return hash.digest('hex')
}
