import { failure } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import type { Executor } from '@plinth/store'
import type { Schema } from '../formats/format.ts'
import type { Metadata } from '../registry/rows.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { isError, lint, type LintFinding } from './lint.ts'
import * as governance from './store.ts'
import { taggedFields } from './tags.ts'

type Candidate = { schema: Schema; metadata: Metadata | null; isFirst: boolean }

const problemsMax = 50

/**
 * Whether a project takes a schema, before it is written, and in the transaction that writes it where there is one. Answers the warnings.
 * @throws schemas.subject_retired, schemas.lint_refused with every rule and place
 */
export const admission =
  ({ clock }: { clock: Clock }) =>
  async (
    db: Executor,
    who: Identity,
    place: SubjectPlace,
    { schema, metadata, isFirst }: Candidate,
  ): Promise<LintFinding[]> => {
    const { governance: row, settings } = await governance.readForAdmission(db, place)
    if (row.lifecycle === 'retired') throw retired(place, row)
    const fields = taggedFields(schema, row.fieldTags, metadata)
    const findings = lint({ subject: place.subject, schema, fields, tags: row.tags }, settings)
    const errors = findings.filter(isError)
    if (errors.length > 0) throw refused(place, errors)
    const owner = isFirst ? ownerOf(who, place) : undefined
    if (owner !== undefined) await governance.proposeOwner(db, place, owner, who.subject, clock.now())
    return row.lifecycle === 'deprecated' ? [deprecated(place, row), ...findings] : findings
  }
export type Admission = ReturnType<typeof admission>

/** The component that a credential was made for: that of a job's repository, or a running workload. */
function ownerOf({ claims }: Identity, { project }: SubjectPlace): string | undefined {
  const component = claims['repository'] ?? claims['workload']
  return component !== undefined && claims['project'] === project ? `component:${project}/${component}` : undefined
}

const deprecated = ({ subject }: SubjectPlace, { retireOn, replacement }: governance.GovernanceRow): LintFinding => ({
  rule: 'lifecycle',
  severity: 'warn',
  path: '',
  message: `'${subject}' is deprecated${retireOn === null ? '' : ` and goes on ${retireOn}`}${replacement === null ? '' : `; go to '${replacement}'`}`,
})

const retired = ({ subject }: SubjectPlace, { replacement, note }: governance.GovernanceRow): Error =>
  failure('schemas.subject_retired', {
    detail: `'${subject}' is retired and takes no new version.${replacement === null ? '' : ` Go to '${replacement}'.`}${note === null ? '' : ` ${note}`}`,
  })

function refused({ project, subject }: SubjectPlace, errors: readonly LintFinding[]): Error {
  const [first] = errors
  return failure('schemas.lint_refused', {
    detail: `'${subject}' can't have this schema: it breaks the rule ${first?.rule} of ${project}. ${first?.path || 'The schema'}: ${first?.message}`,
    problems: errors
      .slice(0, problemsMax)
      .map(({ path, message, rule }) => ({ path, message: `${message} (${rule})` })),
  })
}
