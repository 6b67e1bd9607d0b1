import { on, type Reaction } from '@plinth/bus'
import { repositoryPushed } from '@plinth/contracts'
import { AppError, type IncomingEvent, type Worker } from '@plinth/kernel'
import { enqueue, leasedQueue, rows, type Tx, sql } from '@plinth/store'
import type { EventData } from '@plinth/contracts'
import type { Parts } from '../parts.ts'
import { createPlanned } from './create.ts'
import { gather } from './gather.ts'
import type { KeptFacts } from './pipeline-row.ts'

const requestQueue = 'pipeline-requests'
const zero = /^0+$/
const skips = /\[(?:skip[ -]ci|ci[ -]skip)\]/i

/** A push of a branch or tag becomes a wish, in the transaction that notes the event; reading the file comes after. */
export const onPush = ({ publicUrl, logger }: Pick<Parts, 'publicUrl' | 'logger'>): Reaction<Tx> =>
  on(repositoryPushed, async (tx: Tx, event: IncomingEvent<EventData<typeof repositoryPushed>>) => {
    const { data } = event
    const isBranchOrTag = /^refs\/(?:heads|tags)\/./.test(data.ref)
    if (!isBranchOrTag || zero.test(data.after)) return
    if (skips.test(data.title)) {
      logger.info(
        { project: data.project, repository: data.repository, revision: data.after },
        'no pipeline: the commit says to skip it',
      )
      return
    }
    const facts: KeptFacts = {
      project: data.project,
      repository: data.repository,
      ref: data.ref,
      revision: data.after,
      before: data.before,
      title: data.title,
      author: data.author,
      defaultBranch: data.defaultBranch,
      protected: data.protected,
      source: 'push',
      actor: data.actor,
      createdAt: event.time,
      publicUrl,
      variables: {},
    }
    await tx.execute(
      sql`insert into pipeline_requests (id, facts) values (${event.id}, ${JSON.stringify(facts)}::jsonb) on conflict do nothing`,
    )
    await enqueue(tx, requestQueue, event.id)
  })

/** Turns wishes into pipelines; killed anywhere, it starts over and comes to the same one pipeline. */
export function requestWorker(parts: Parts): Worker {
  return leasedQueue(parts.store, {
    name: requestQueue,
    concurrency: 4,
    logger: parts.logger,
    handle: async (id, { signal }) => {
      const [request] = await rows<{ facts: KeptFacts }>(
        parts.store.db,
        sql`select facts from pipeline_requests where id = ${id}`,
      )
      if (request !== undefined) await fulfil(parts, id, request.facts, signal)
      return 'done'
    },
  })
}

async function fulfil(parts: Parts, id: string, facts: KeptFacts, signal: AbortSignal): Promise<void> {
  const gathered = await gatherOrGone(parts, facts, signal)
  const place = { project: facts.project, repository: facts.repository, revision: facts.revision }
  await parts.store.transaction(async (tx) => {
    await tx.execute(sql`delete from pipeline_requests where id = ${id}`)
    if (gathered.kind === 'missing') parts.logger.info(place, 'no pipeline: the revision has no .gitlab-ci.yml')
    else if (gathered.kind === 'invalid')
      await createPlanned(parts, tx, { facts, origin: id, problems: gathered.problems })
    else if (!gathered.plan.runs)
      parts.logger.info({ ...place, reason: gathered.plan.reason }, 'no pipeline: the file says so')
    else await createPlanned(parts, tx, { facts, origin: id, plan: gathered.plan, problems: [] })
  })
}

/** A repository or revision that is gone by now wants no pipeline any more; anything else is tried again. */
async function gatherOrGone(parts: Parts, facts: KeptFacts, signal: AbortSignal): ReturnType<typeof gather> {
  try {
    return await gather(parts.bus, facts, signal)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'pipelines.config_invalid') {
      return {
        kind: 'invalid',
        problems: [{ file: '.gitlab-ci.yml', line: 1, column: 1, message: error.publicDetail }],
      }
    }
    if (error.kind !== 'not_found') throw error
    return { kind: 'missing' }
  }
}
