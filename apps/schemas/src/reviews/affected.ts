import type { Identity } from '@plinth/kernel'
import { rows, sql, type Executor } from '@plinth/store'
import type { Schema } from '../formats/format.ts'
import { unreadable } from '../formats/formats.ts'
import { schemaOf } from '../registry/parsed.ts'
import { readVersion } from '../registry/store.ts'
import type { Visible } from '../impact/visible.ts'

export type DeployedUse = {
  project: string
  environment: string
  component: string
  deployment: string
  side: 'produces' | 'consumes'
  version: number
}
export type AffectedUse = DeployedUse & { breaks: boolean; message?: string }

const usesMax = 500
const versionsMax = 50

/** Deployed components, of all projects, that write or read a subject. */
export function deployedUses(
  db: Executor,
  { project, subject }: { project: string; subject: string },
): Promise<DeployedUse[]> {
  const name = `${project}/${subject}`
  const holds = JSON.stringify([{ subject: name }])
  const side = (which: 'produces' | 'consumes') => sql`
    select d.project, d.environment, d.component, d.deployment, ${which}::text as side, (u ->> 'version')::int as version
    from deployed d, jsonb_array_elements(d.${sql.raw(which)}) u
    where d.${sql.raw(which)} @> ${holds}::jsonb and u ->> 'subject' = ${name}`
  return rows<DeployedUse>(
    db,
    sql`${side('consumes')} union all ${side('produces')} order by project, environment, component, side limit ${usesMax}`,
  )
}

/** Those that the caller may see: of the subject's own project, and of others whose schemas he may list; and the rest. */
export async function seenUses<Use extends DeployedUse>(
  visible: Visible,
  who: Identity,
  own: string,
  uses: readonly Use[],
): Promise<{ shown: Use[]; hidden: Use[] }> {
  const strange = uses.flatMap(({ project }) => (project === own ? [] : [project]))
  const seen = await visible(who, strange)
  const isShown = ({ project }: Use): boolean => project === own || seen.has(project)
  return { shown: uses.filter(isShown), hidden: uses.filter((use) => !isShown(use)) }
}

/** Which of them could not read what the candidate writes, or write what it can't read. Those that break come first. */
export async function affectedBy(
  db: Executor,
  place: { project: string; subject: string },
  candidate: Schema,
): Promise<AffectedUse[]> {
  const verdicts = new Map<string, string | undefined>()
  const found: AffectedUse[] = []
  for (const use of await deployedUses(db, place)) {
    const key = `${use.side} ${use.version}`
    if (!verdicts.has(key) && verdicts.size < versionsMax) verdicts.set(key, await whyBroken(db, place, use, candidate))
    const message = verdicts.get(key)
    found.push({ ...use, breaks: message !== undefined, ...(message !== undefined && { message }) })
  }
  return found.sort((a, b) => Number(b.breaks) - Number(a.breaks))
}

async function whyBroken(
  db: Executor,
  { project, subject }: { project: string; subject: string },
  { side, version }: DeployedUse,
  candidate: Schema,
): Promise<string | undefined> {
  const row = await readVersion(db, project, subject, version, { deleted: true })
  if (row === undefined) return undefined
  const theirs = await schemaOf(db, row)
  const [first] =
    side === 'consumes' ? unreadable(theirs, candidate, 'STRICT') : unreadable(candidate, theirs, 'STRICT')
  return first === undefined ? undefined : `${first.path || '/'}: ${first.message} (${first.rule})`
}
