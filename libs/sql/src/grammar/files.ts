import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { failure } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import type { Change } from './change.ts'
import { changesOf } from './changes.ts'
import { readSql, type Comment, type Statement } from './parse.ts'

export type NamedSql = { name: string; text: string }
export type ReadStatement = Statement & { changes: Change[] }
export type Migration = {
  name: string
  number: number
  /** Of its text with Unix line ends, in hex. */
  sha256: string
  text: string
  /** False where the file says so (`-- plinth:no-transaction`), for what knows no transaction: concurrent indexes. */
  transaction: boolean
  statements: ReadStatement[]
  comments: Comment[]
}

const namePattern = /^(\d{4})_[a-z0-9][a-z0-9_]{0,79}\.sql$/
const noTransaction = /^--\s*plinth:no-transaction\b/

/**
 * The migrations of a repository in their order. Throws schemas.migration_invalid with every file that has another
 * name than NNNN_name.sql, a number twice, or a text that PostgreSQL's grammar does not take, with its place.
 */
export async function readMigrations(files: readonly NamedSql[]): Promise<Migration[]> {
  const problems: Problem[] = []
  const found: Migration[] = []
  for (const { name, text: given } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const digits = namePattern.exec(name)?.[1]
    if (digits === undefined) {
      problems.push({ path: name, message: 'is not named like 0001_what_it_does.sql' })
      continue
    }
    const number = Number(digits)
    const twin = found.find((other) => other.number === number)
    if (twin) problems.push({ path: name, message: `has the number of ${twin.name}; give it the next free one` })
    const text = given.replaceAll('\r\n', '\n')
    const read = await readSql(name, text)
    // A thousand files are a second of work: whoever else waits gets his turn between them.
    await setImmediate()
    if ('problem' in read) {
      problems.push(read.problem)
      continue
    }
    found.push({
      name,
      number,
      text,
      sha256: createHash('sha256').update(text).digest('hex'),
      transaction: !read.comments.some((comment) => noTransaction.test(comment.text)),
      statements: read.statements.map((statement) => ({ ...statement, changes: changesOf(statement.node) })),
      comments: read.comments,
    })
  }
  if (problems.length > 0) {
    const [first] = problems
    throw failure('schemas.migration_invalid', {
      detail: `${problems.length === 1 ? 'A migration is' : `${problems.length} migrations are`} not valid. ${first?.path}: ${first?.message}`,
      problems: problems.slice(0, 50),
    })
  }
  return found
}
