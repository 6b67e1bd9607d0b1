import { rows, sql, type Executor } from '@plinth/store'
import type { RegistryMemory } from '../registry/memory.ts'
import { readSubject, type SubjectPlace } from '../registry/subject-name.ts'

const aliasesMax = 10_000

/** Subjects that are another name of another one: reading them reads that one. Kept until any setting changes. */
export function aliases(db: Executor, memory: RegistryMemory) {
  let known: Promise<ReadonlyMap<string, SubjectPlace>> | undefined
  memory.onForget(() => (known = undefined))

  async function load(): Promise<ReadonlyMap<string, SubjectPlace>> {
    const found = await rows<SubjectPlace & { alias: string }>(
      db,
      sql`select project, subject, settings ->> 'alias' as alias from scope_configs
      where settings ? 'alias' and subject <> '' limit ${aliasesMax}`,
    )
    const targets = found.flatMap(({ project, subject, alias }) => {
      const read = readSubject(alias)
      const target = read && { project: read.project ?? project, subject: read.subject }
      return target === undefined ? [] : [[`${project}/${subject}`, target] as const]
    })
    return new Map(targets)
  }

  /** The subject that this one stands for; one step, so that two which name each other do no harm. */
  return async (place: SubjectPlace): Promise<SubjectPlace> => {
    const renewing = memory.renew()
    if (renewing !== undefined) await renewing
    known ??= load().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return (await known).get(`${place.project}/${place.subject}`) ?? place
  }
}
