import { failure, planWorkload, type ChangeRequestDetail, type RpcRequest } from '@plinth/contracts'
import { AppError, newId, type Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { listApplications, mustFindApplication, type Application } from '../applications/store.ts'
import { setTarget } from '../applications/target.ts'
import { noRelease } from '../applications/usecases.ts'
import { listCommits, readFiles, resolveRef, unifiedDiff } from '../git/reading.ts'
import type { Parts } from '../parts.ts'
import { checksOf } from '../releases/pipelines.ts'
import { newestRelease, releaseById, releaseOfRevision, type Release } from '../releases/store.ts'
import { openRepository } from '../repositories/usecases.ts'
import { approve } from './decisions.ts'
import { insertChangeRequest, mustFindChangeRequest, type ChangeRequest } from './store.ts'
import { tellOfRequest, viewChangeRequest } from './view.ts'

type Key = { project: string; environment: string }
type Numbered = Key & { number: number }
type NewPromotion = { component: string; revision?: string; description?: string }
type Detail = Static<typeof ChangeRequestDetail>
type Planned = Pick<Detail, 'plan' | 'planProblem' | 'gate'>

export const createPromotion = (parts: Parts) => async (who: Identity, key: Key, want: NewPromotion) =>
  parts.store.transaction(async (tx) => {
    const application = await mustFindApplication(tx, { ...key, component: want.component })
    const release = await releaseFor(tx, application, want.revision)
    if (release.revision === application.targetRevision && release.id === application.targetRelease) {
      throw failure('gitops.nothing_to_promote', {
        detail: `${key.environment} is at ${release.revision.slice(0, 12)} already.`,
      })
    }
    const made = await insertChangeRequest(tx, {
      project: key.project,
      kind: 'promotion',
      title: `Promote ${want.component} ${release.revision.slice(0, 8)} to ${key.environment}`,
      description: want.description ?? '',
      author: who.subject,
      repository: application.repository,
      sourceBranch: null,
      targetBranch: null,
      component: want.component,
      environment: key.environment,
      release: release.id,
      fromRevision: application.liveRevision ?? application.targetRevision,
      toRevision: release.revision,
    })
    await tellOfRequest(tx, made, who.subject)
    const detail = { environment: key.environment, component: want.component, revision: release.revision }
    await recordAudit(tx, 'gitops', who, {
      action: 'promotion.create',
      project: key.project,
      object: `change-request/${made.number}`,
      detail,
    })
    return viewChangeRequest(tx, made)
  })

/** The named release, or what runs in the environment before this one; in the first environment the newest. */
async function releaseFor(
  tx: Tx,
  { project, component, position, environment }: Application,
  revision: string | undefined,
): Promise<Release> {
  if (revision !== undefined) {
    const named = await releaseOfRevision(tx, project, component, revision)
    if (named === undefined) throw failure('gitops.nothing_to_promote', { detail: noRelease(component, revision) })
    return named
  }
  const line = await listApplications(tx, project, component)
  const before = line.findLast((other) => other.position < position && other.environment !== environment)
  if (before === undefined) {
    const newest = await newestRelease(tx, project, component)
    if (newest === undefined) throw failure('gitops.nothing_to_promote', { detail: noRelease(component, undefined) })
    return newest
  }
  const proven = before.liveRevision === before.targetRevision ? await releaseById(tx, before.targetRelease) : undefined
  const release =
    proven ??
    (before.liveRevision === null ? undefined : await releaseOfRevision(tx, project, component, before.liveRevision))
  if (release === undefined)
    throw failure('gitops.nothing_to_promote', {
      detail: `Nothing of '${component}' runs in ${before.environment} yet.`,
    })
  return release
}

/** What is live against what would be: code, commits, plan and gate. A plan that can't be made is shown, not thrown. */
export const getPromotion =
  (parts: Parts) =>
  async (key: Numbered): Promise<Detail> => {
    const { db } = parts.store
    const request = await mustFindChangeRequest(db, key)
    const { folder } = await openRepository(parts, { project: key.project, repository: request.repository })
    const from = request.fromRevision === null ? undefined : (await resolveRef(folder, request.fromRevision))?.revision
    const range = from === undefined ? [request.toRevision] : [request.toRevision, `^${from}`]
    const [view, { diff, diffTruncated }, commits, checks, planned] = await Promise.all([
      viewChangeRequest(db, request),
      unifiedDiff(folder, from ?? emptyTree, request.toRevision),
      listCommits(folder, range, { limit: 200 }),
      checksOf(db, request.project, request.repository, request.toRevision),
      isOpen(request) ? plan(parts, request) : noPlan,
    ])
    const mergeable = isOpen(request) && planned.planProblem === undefined && planned.gate?.allowed !== false
    return { ...view, diff, diffTruncated, commits, checks, mergeable, ...planned }
  }

/** The tree without files, which every repository knows: the first deployment is all new. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

const noPlan: Planned = {}
const isOpen = ({ state }: ChangeRequest): boolean => state === 'open' || state === 'approved'

async function plan(parts: Parts, request: ChangeRequest): Promise<Planned> {
  const { project, repository, component, environment, toRevision, author } = request
  if (component === null || environment === null) return {}
  try {
    const { folder } = await openRepository(parts, { project, repository })
    const score = (await readFiles(folder, toRevision, ['score.yaml']))['score.yaml'] ?? null
    if (score === null) return { planProblem: `There is no score.yaml at ${toRevision.slice(0, 12)}.` }
    const artifact = (await releaseById(parts.store.db, request.release))?.artifact ?? null
    const want: RpcRequest<typeof planWorkload> = {
      project, environment, component, workload: component, revision: toRevision, score, actor: author, deployment: newId('dep'),
      ...(artifact !== null && { artifact }),
    } // prettier-ignore
    const { changes, gate } = await parts.bus.ask(planWorkload, want)
    return { plan: changes, ...(gate !== undefined && { gate }) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const places = error.problems.slice(0, 10).map(({ path, message }) => `${path} ${message}`)
    return { planProblem: [error.publicDetail, ...places].join(' ') }
  }
}

/** Who approves deploys: the target changes in the transaction of the approval, and the sync's end ends the promotion. */
export const approvePromotion = (parts: Parts) =>
  approve(parts, async (tx, request, who) => {
    const { project, environment, component, number, toRevision, release } = request
    if (environment === null || component === null) return
    const application = await mustFindApplication(tx, { project, environment, component }, 'lock')
    await setTarget(tx, application, {
      revision: toRevision,
      release,
      actor: who.subject,
      reason: `promotion #${number}`,
      changeRequest: number,
    })
    const detail = { environment, revision: toRevision, reason: `promotion #${number}` }
    await recordAudit(tx, 'gitops', who, {
      action: 'application.deploy',
      project,
      object: `application/${component}`,
      detail,
    })
  })
