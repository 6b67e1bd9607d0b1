import { on, type Bus, type Reaction } from '@plinth/bus'
import { componentDeleted, readFiles, repositoryPushed, resolveRevision } from '@plinth/contracts'
import { AppError, type Clock, type Logger, type Worker } from '@plinth/kernel'
import { enqueue, leasedQueue, type Store, type Tx } from '@plinth/store'
import { parse } from 'yaml'
import type { Use } from '../gate/store.ts'
import { forgetDeclared, saveDeclared } from './declared-store.ts'

const queue = 'declared'
const file = 'score.yaml'
const usesMax = 100
const textMax = 262_144
const use = /^((?:[a-z][a-z0-9-]{0,38}[a-z0-9]\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?):([1-9][0-9]{0,8})$/

/** A push of the default branch is noted with the event; reading the file comes after. */
export const onDeclaration: readonly Reaction<Tx>[] = [
  on(repositoryPushed, async (tx: Tx, { data }) => {
    const { project, repository, ref, defaultBranch } = data
    if (ref === `refs/heads/${defaultBranch}`) await enqueue(tx, queue, `${project}/${repository}/${defaultBranch}`)
  }),
  on(componentDeleted, (tx: Tx, { data: { project, component } }) => forgetDeclared(tx, project, component)),
]

/**
 * What a score.yaml says that its workload writes and reads, each as `project/subject`. What can't be read is left out:
 * provisioning refuses such a file with its places, and the graph shows what is good of it.
 */
function declaredUses(project: string, text: string): { produces: Use[]; consumes: Use[] } {
  if (text.length > textMax) return { produces: [], consumes: [] }
  let annotations: unknown
  try {
    annotations = member(member(parse(text, { maxAliasCount: 20 }), 'metadata'), 'annotations')
  } catch {
    return { produces: [], consumes: [] }
  }
  const uses = (name: string): Use[] => {
    const value = member(annotations, name)
    const entries = typeof value === 'string' ? value.split(',').slice(0, usesMax) : []
    return entries.flatMap((entry) => {
      const [, subject, version] = use.exec(entry.trim()) ?? []
      if (subject === undefined) return []
      return [{ subject: subject.includes('/') ? subject : `${project}/${subject}`, version: Number(version) }]
    })
  }
  return { produces: uses('plinth.dev/produces'), consumes: uses('plinth.dev/consumes') }
}

const member = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined

type Parts = { store: Store; bus: Pick<Bus, 'ask'>; clock: Clock; logger: Logger }

/** Reads the newest score.yaml of each default branch that moved; killed anywhere, it reads it again. */
export const declarations = ({ store, bus, clock, logger }: Parts): Worker =>
  leasedQueue(store, {
    name: queue,
    concurrency: 2,
    logger,
    handle: async (key, { signal, fence }) => {
      const [project = '', component = '', ...branch] = key.split('/')
      const found = await newestScore(bus, { project, repository: component, ref: branch.join('/') }, signal)
      await store.transaction(async (tx) => {
        await fence(tx)
        if (found === undefined) return forgetDeclared(tx, project, component)
        const uses = declaredUses(project, found.text)
        return saveDeclared(tx, { project, component, revision: found.revision, ...uses }, clock.now())
      })
      return 'done'
    },
  })

async function newestScore(
  bus: Pick<Bus, 'ask'>,
  { project, repository, ref }: { project: string; repository: string; ref: string },
  signal: AbortSignal,
): Promise<{ revision: string; text: string } | undefined> {
  try {
    const head = await bus.ask(resolveRevision, { project, repository, ref }, { signal })
    if (!head.found) return undefined
    const { revision } = head
    const { files } = await bus.ask(readFiles, { project, repository, revision, paths: [file] }, { signal })
    const text = files[file]
    return typeof text === 'string' ? { revision, text } : undefined
  } catch (error) {
    // A repository that is gone by now declares nothing; anything else is tried again.
    if (error instanceof AppError && error.kind === 'not_found') return undefined
    throw error
  }
}
