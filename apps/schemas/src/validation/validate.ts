import { failure, type ValidationResult } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { Static } from 'typebox'
import type { Problem, Schema } from '../formats/format.ts'
import { schemaOf } from '../registry/parsed.ts'
import type { VersionRow } from '../registry/rows.ts'
import { findSubject, readVersion } from '../registry/store.ts'

type Result = Static<typeof ValidationResult>
export type Asked = { project: string; subject: string; version: number | 'latest' }

const problemsMax = 20
const messageMax = 500
/** After so many payloads others get their turn: a batch must not hold up the service. */
const turn = 25

const cut = (text: string): string => (text.length > messageMax ? `${text.slice(0, messageMax)}…` : text)

/** The version with its schema; throws schemas.subject_unknown, version_unknown. */
export async function mustRead(
  db: Executor,
  { project, subject, version }: Asked,
): Promise<{ row: VersionRow; schema: Schema }> {
  const row = await readVersion(db, project, subject, version)
  if (row !== undefined) return { row, schema: await schemaOf(db, row) }
  if ((await findSubject(db, project, subject)) === undefined)
    throw failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })
  throw failure('schemas.version_unknown', { detail: `'${subject}' has no version ${version}.` })
}

/** What is wrong with each payload, in order. Throws schemas.payloads_unsupported where the language has none. */
export async function problemsOf(schema: Schema, payloads: readonly unknown[]): Promise<Problem[][]> {
  const found: Problem[][] = []
  for (const [index, payload] of payloads.entries()) {
    if (index > 0 && index % turn === 0) await new Promise((resolve) => setImmediate(resolve))
    const problems = schema.problems(payload)
    if (problems === undefined) {
      throw failure('schemas.payloads_unsupported', {
        detail: `A schema of ${schema.kind} describes no payloads; there is nothing to check them against.`,
      })
    }
    found.push(problems.slice(0, problemsMax).map(({ path, message }) => ({ path: cut(path), message: cut(message) })))
  }
  return found
}

/** Whether payloads fit a version. */
export async function validate(db: Executor, asked: Asked, payloads: readonly unknown[]): Promise<Result> {
  const { row, schema } = await mustRead(db, asked)
  const found = await problemsOf(schema, payloads)
  const invalid = found.filter((problems) => problems.length > 0).length
  return {
    subject: row.subject,
    version: row.version,
    valid: invalid === 0,
    checked: found.length,
    invalid,
    items: found.map((problems, index) => ({ index, valid: problems.length === 0, problems })),
  }
}
