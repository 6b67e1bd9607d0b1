import type { CompatibilityLevel } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import type { Executor, Store } from '@plinth/store'
import type { Admission } from '../governance/admission.ts'
import type { LintFinding } from '../governance/lint.ts'
import { judge, type Verdict } from './judge.ts'
import type { NewSchema, Prepared } from './prepare.ts'
import type { Reviews } from './reviews.ts'
import type { VersionRow } from './rows.ts'
import type { Config } from './settings.ts'
import { listVersions } from './store.ts'
import type { SubjectPlace } from './subject-name.ts'

export type RegisterParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  reviews: Reviews
  /** Throws where the subject takes nothing, or a rule of the project refuses it; answers what else the rules say. */
  admit: Admission
  /** Throws where the caller may not read what his schema refers to in another project. */
  mayRead(who: Identity, place: SubjectPlace): Promise<void>
}

export type Registered = VersionRow & { isNew: boolean; warnings?: LintFinding[] }

export type Change = { wanted: NewSchema; config: Config; prepared: Prepared; latest: VersionRow | undefined }

/** Undefined where there is nothing to compare with. */
export async function judged(
  db: Executor,
  { project, subject }: SubjectPlace,
  { wanted, config, prepared, latest }: Change,
): Promise<Verdict | undefined> {
  const level: CompatibilityLevel | undefined = config.compatibilityLevel
  if (latest === undefined || level === 'NONE') return undefined
  const all = level?.endsWith('_TRANSITIVE') === true || config.compatibilityGroup !== undefined
  const versions = all && wanted.version !== -1 ? await listVersions(db, project, subject) : [latest]
  return judge(db, config, { schema: prepared.schema, metadata: prepared.content.metadata }, versions)
}
