import type { Bus } from '@plinth/bus'
import { getWorkloadState, type DatabaseReader } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { Identity } from '@plinth/kernel'
import type { Static } from 'typebox'
import { instancesOf, listUsers } from '../gate/store.ts'
import { readCatalog } from '../formats/sql/catalog.ts'
import { unreadableCatalog } from '../formats/sql/unreadable.ts'
import type { Visible } from '../impact/visible.ts'
import { readVersion } from '../registry/store.ts'
import { findBuild, subjectOf, type Place } from './store.ts'

/** Deployed code, and what it takes the database to be; undefined where nobody can tell: it is taken to read all there is. */
export type Reader = { project: string; reader: string; builtWith: string; catalog: string | undefined }
export type Broken = Static<typeof DatabaseReader>
export type Step = { file: string; before: string; after: string }

const brokenMax = 100

/**
 * Who reads a database in an environment: components that declare a version of its subject there (score.yaml,
 * `plinth.dev/consumes`), and the component itself, at the revisions that run and that are about to, each as built with
 * the migrations of its commit.
 */
export async function readersThere(db: Executor, bus: Pick<Bus, 'ask'>, place: Place): Promise<Reader[]> {
  const { project, environment, component } = place
  const subject = `${project}/${subjectOf(place)}`
  const declared = instancesOf(await listUsers(db, subject, environment), subject)
  const readers: Reader[] = []
  for (const instance of declared) {
    const row = await readVersion(db, project, subjectOf(place), instance.version, { deleted: true })
    readers.push({
      project: instance.project,
      reader: `${instance.project}/${instance.component}`,
      builtWith: `${subjectOf(place)}:${instance.version}`,
      catalog: row?.canonical,
    })
  }
  const own = `${project}/${component}`
  if (readers.some(({ reader }) => reader === own)) return readers
  const answer = await bus.ask(getWorkloadState, { project, environment, workload: component })
  if (!answer.found) return readers
  const { desired, live } = answer.workload
  const isThere = live.deployment !== undefined
  const revisions = new Set([
    isThere ? (live.revision ?? '') : undefined,
    desired.running ? (desired.revision ?? '') : undefined,
  ])
  for (const revision of revisions) {
    if (revision === undefined) continue
    const catalog = revision === '' ? undefined : await findBuild(db, place, revision)
    readers.push({
      project,
      reader: own,
      builtWith: revision === '' ? 'an unknown revision' : revision.slice(0, 12),
      catalog,
    })
  }
  return readers
}

/** Of projects that the caller may not see, and of all others for a text that many read, only that they are in the way. */
export async function withoutStrangers(
  readers: readonly Reader[],
  own: string,
  seen?: { who: Identity; visible: Visible },
): Promise<Reader[]> {
  const strange = [...new Set(readers.map(({ project }) => project))].filter((project) => project !== own)
  const known = seen === undefined || strange.length === 0 ? new Set<string>() : await seen.visible(seen.who, strange)
  return readers.map((one) =>
    one.project === own || known.has(one.project) ? one : { ...one, reader: 'a component of another project' },
  )
}

/** What each step newly takes away from whom; what a reader had lost before is not its doing. */
export function brokenBy(steps: readonly Step[], readers: readonly Reader[]): Broken[] {
  return steps
    .flatMap(({ file, before, after }) =>
      readers.flatMap(({ reader, builtWith, catalog }): Broken[] => {
        const wanted = readCatalog(catalog ?? before)
        const lost = unreadableCatalog(wanted, readCatalog(before), 'STRICT').map(({ path }) => path)
        // A table that comes to be with some of its columns takes nothing away from who waits for all of them.
        const isNew = ({ path }: { path: string }): boolean =>
          !lost.some((place) => path === place || path.startsWith(`${place}.`))
        return unreadableCatalog(wanted, readCatalog(after), 'STRICT')
          .filter(isNew)
          .map(({ rule, path, message }) => ({ file, reader, builtWith, rule, path, message: told(message, catalog) }))
      }),
    )
    .slice(0, brokenMax)
}

const told = (message: string, catalog: string | undefined): string =>
  catalog === undefined ? `${message} as far as anybody knows: it was not built with known migrations` : message
