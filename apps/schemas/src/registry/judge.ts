import type { CompatibilityLevel } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { Incompatibility, Policy, Schema } from '../formats/format.ts'
import { unreadable } from '../formats/formats.ts'
import { schemaOf } from './parsed.ts'
import type { Metadata, VersionRow } from './rows.ts'
import { levelDefault, policyOf, type Config } from './settings.ts'

export type Verdict = {
  compatible: boolean
  level: CompatibilityLevel
  policy: Policy
  /** The version that it breaks; the newest that it was compared with where it breaks none. */
  against?: number
  incompatibilities: Incompatibility[]
}

type Candidate = { schema: Schema; metadata: Metadata | null }

/**
 * Whether a schema may follow the versions of a subject, newest first and none of them deleted, by the level and policy
 * of the configuration. Stops at the first version that it breaks, and tells all about that one.
 */
export async function judge(
  db: Executor,
  config: Config,
  { schema, metadata }: Candidate,
  versions: readonly VersionRow[],
): Promise<Verdict> {
  const level = config.compatibilityLevel ?? levelDefault
  const policy = policyOf(config)
  const verdict = { compatible: true, level, policy, incompatibilities: [] }
  if (level === 'NONE') return verdict
  const group = config.compatibilityGroup
  const same = versions.filter(
    (row) => group === undefined || groupOf(row.metadata, group) === groupOf(metadata, group),
  )
  const compared = level.endsWith('_TRANSITIVE') ? same : same.slice(0, 1)
  for (const row of compared) {
    const incompatibilities = between(schema, await schemaOf(db, row), level, policy)
    if (incompatibilities.length > 0)
      return { ...verdict, compatible: false, against: row.version, incompatibilities: incompatibilities.slice(0, 200) }
  }
  const newest = compared[0]
  return newest === undefined ? verdict : { ...verdict, against: newest.version }
}

const groupOf = (metadata: Metadata | null, group: string): string | undefined => metadata?.properties?.[group]

/** BACKWARD: the new one reads what the old one wrote; FORWARD: the other way round; FULL: both. */
function between(candidate: Schema, earlier: Schema, level: CompatibilityLevel, policy: Policy): Incompatibility[] {
  const found: Incompatibility[] = []
  if (!level.startsWith('FORWARD')) found.push(...unreadable(candidate, earlier, policy, 'reader'))
  if (!level.startsWith('BACKWARD')) {
    // Of another kind, it is told once.
    if (candidate.kind !== earlier.kind && found.length > 0) return found
    // What only time makes wrong is told once where both directions are judged.
    const newer = level.startsWith('FORWARD') ? 'writer' : undefined
    found.push(...unreadable(earlier, candidate, policy, newer))
  }
  return found
}
