import { repositoryPushed } from '@plinth/contracts'
import { appendEvent, enqueue, recordAudit, type QueueContext, type Tx } from '@plinth/store'
import { afterRefMoved } from '../change-requests/on-ref-moved.ts'
import { branchRef, folderExists, repositoryFolder, zeroRevision } from '../git/names.ts'
import { git, type Folder } from '../git/process.ts'
import { listCommits, listRefs } from '../git/reading.ts'
import { queues, type Parts } from '../parts.ts'
import {
  intentsOf,
  knownRefs,
  liveRepositoryIds,
  rememberRef,
  removeIntents,
  repositoryById,
  type RefIntent,
  type Repository,
} from './store.ts'

/** A move of a ref that the world has not been told of. `intent` says who did it, where that is known. */
export type RefMove = { ref: string; before: string; after: string; intent: RefIntent | undefined }

/**
 * The moves of one ref from where it was known to be to where git has it, in order. Several pushes may have come since;
 * the intents give the steps between, read backwards from what is true now, so that a refused one never counts.
 */
export function movesBetween(ref: string, known: string, actual: string, intents: readonly RefIntent[]): RefMove[] {
  const moves: RefMove[] = []
  let at = actual
  let earlierThan = intents.length
  while (at !== known) {
    const index = intents.findLastIndex(
      (intent, place) => place < earlierThan && intent.ref === ref && intent.after === at,
    )
    const intent = intents[index]
    if (intent === undefined) {
      // Nobody said that he would: moved by hand in the folder, or the notes are gone. One move then, from the known place.
      const [first] = moves
      if (first === undefined) return [{ ref, before: known, after: actual, intent: undefined }]
      first.before = known
      return moves
    }
    moves.unshift({ ref, before: intent.before, after: intent.after, intent })
    at = intent.before
    earlierThan = index
  }
  return moves
}

/** Tells the world of every ref that is not where it was last told of; once each, whoever dies in between. */
export const reconcileRefs =
  (parts: Parts) =>
  async (id: string, { fence }: Pick<QueueContext, 'fence'>): Promise<'done'> => {
    const repository = await repositoryById(parts.store.db, id)
    if (repository === undefined || repository.archived) return 'done'
    const folder = repositoryFolder(parts.root, repository)
    if (!(await folderExists(folder))) return 'done'
    const [actual, known, intents] = await Promise.all([
      listRefs(folder),
      knownRefs(parts.store.db, id),
      intentsOf(parts.store.db, id),
    ])
    const changed = [...new Set([...actual.keys(), ...known.keys()])].filter(
      (ref) => actual.get(ref) !== known.get(ref),
    )
    for (const ref of changed.sort()) {
      const moves = movesBetween(ref, known.get(ref) ?? zeroRevision, actual.get(ref) ?? zeroRevision, intents)
      const told = await Promise.all(moves.map(async (move) => ({ move, commit: await describe(folder, move.after) })))
      await parts.store.transaction(async (tx) => {
        await fence(tx)
        await rememberRef(tx, id, ref, actual.get(ref))
        for (const { move, commit } of told) await tellOf(tx, repository, move, commit)
        const actor = moves.at(-1)?.intent?.actor ?? unknownActor
        await afterRefMoved(tx, repository, { ref, after: actual.get(ref) ?? zeroRevision, actor })
        await removeIntents(
          tx,
          id,
          moves.flatMap(({ intent }) => (intent === undefined ? [] : [intent.id])),
        )
      })
    }
    if (changed.length === 0 && intents.length > 0) await removeIntents(parts.store.db, id, [])
    // Packs what has become too much; git looks and mostly does nothing, in a few milliseconds.
    if (changed.length > 0) await git(folder, ['gc', '--auto', '--quiet'], { timeoutMs: 60_000 }).catch(() => undefined)
    return 'done'
  }

/** Somebody who moved a ref in the folder itself. */
const unknownActor = 'system:git'

type Described = { title: string; author: string }

async function describe(folder: Folder, revision: string): Promise<Described> {
  if (revision === zeroRevision) return { title: '', author: '' }
  const [commit] = await listCommits(folder, [revision], { limit: 1 }).catch(() => [])
  return { title: (commit?.title ?? '').slice(0, 500), author: (commit?.author ?? '').slice(0, 200) }
}

async function tellOf(
  tx: Tx,
  repository: Repository,
  { ref, before, after, intent }: RefMove,
  commit: Described,
): Promise<void> {
  const { project, name, defaultBranch, protection } = repository
  const actor = intent?.actor ?? unknownActor
  const cause = intent?.cause ?? 'push'
  const isProtected = protection.some(({ branch }) => branchRef(branch) === ref)
  await appendEvent(tx, repositoryPushed, {
    project,
    entity: name,
    actor,
    data: {
      project,
      repository: name,
      ref,
      before,
      after,
      defaultBranch,
      ...commit,
      protected: isProtected,
      actor,
      cause,
    },
  })
  if (cause !== 'push') return
  const who = { subject: actor, ...(typeof intent?.requestId === 'string' && { requestId: intent.requestId }) }
  await recordAudit(tx, 'gitops', who, {
    action: 'repository.push',
    project,
    object: `repository/${name}`,
    detail: { ref, before, after, title: commit.title },
  })
}

/** Looks at every repository once: what was pushed while nobody was there to tell of it is told now. */
export async function enqueueAllRepositories({ store }: Pick<Parts, 'store'>): Promise<void> {
  for (const id of await liveRepositoryIds(store.db)) await enqueue(store.db, queues.refs, id)
}
