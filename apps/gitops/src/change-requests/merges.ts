import { failure, type ChangeRequestDetail } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { enqueue, recordAudit } from '@plinth/store'
import type { Static } from 'typebox'
import { branchRef } from '../git/names.ts'
import type { Folder } from '../git/process.ts'
import { isAncestor, listCommits, mergeBase, resolveRef, unifiedDiff } from '../git/reading.ts'
import { commitMerge, mergeTrees, moveRef } from '../git/writing.ts'
import { queues, type Parts } from '../parts.ts'
import { checksOf } from '../releases/pipelines.ts'
import { insertIntents } from '../repositories/store.ts'
import { intentCheckDelayMs, openRepository } from '../repositories/usecases.ts'
import { endMerged } from './on-ref-moved.ts'
import { insertChangeRequest, mustFindChangeRequest, setMergeRevision, type ChangeRequest } from './store.ts'
import { tellOfRequest, viewChangeRequest } from './view.ts'

type Key = { project: string; repository: string }
type Numbered = Key & { number: number }
type NewMerge = { sourceBranch: string; targetBranch?: string; title: string; description?: string }
type Detail = Static<typeof ChangeRequestDetail>

async function mustBranch(folder: Folder, branch: string): Promise<string> {
  const found = await resolveRef(folder, branchRef(branch))
  if (found === undefined) throw failure('gitops.revision_unknown', { detail: `There is no branch '${branch}'.` })
  return found.revision
}

export const createChangeRequest = (parts: Parts) => async (who: Identity, key: Key, want: NewMerge) => {
  const { repository, folder } = await openRepository(parts, key)
  const { sourceBranch, targetBranch = repository.defaultBranch, title, description = '' } = want
  if (sourceBranch === targetBranch) {
    throw failure('platform.request_invalid', {
      detail: 'A branch can not be merged into itself.',
      problems: [{ path: '/body/sourceBranch', message: 'must be another branch than the target.' }],
    })
  }
  const [source, target] = [await mustBranch(folder, sourceBranch), await mustBranch(folder, targetBranch)]
  if (await isAncestor(folder, source, target)) {
    throw failure('gitops.nothing_to_promote', {
      detail: `'${targetBranch}' has every commit of '${sourceBranch}' already.`,
    })
  }
  return parts.store.transaction(async (tx) => {
    const made = await insertChangeRequest(tx, {
      ...key, kind: 'merge', title, description, author: who.subject, sourceBranch, targetBranch,
      component: null, environment: null, release: null, fromRevision: target, toRevision: source,
    }) // prettier-ignore
    await tellOfRequest(tx, made, who.subject)
    const detail = { repository: key.repository, sourceBranch, targetBranch, title }
    await recordAudit(tx, 'gitops', who, {
      action: 'change-request.create',
      project: key.project,
      object: `change-request/${made.number}`,
      detail,
    })
    return viewChangeRequest(tx, made)
  })
}

/** Diff and commits are of what the source has beyond the place where it left the target. */
export const getChangeRequest =
  (parts: Parts) =>
  async (key: Numbered): Promise<Detail> => {
    const { db } = parts.store
    const request = await mustFindChangeRequest(db, key)
    const { folder } = await openRepository(parts, key)
    const view = await viewChangeRequest(db, request)
    const target = await targetNow(folder, request)
    const base = (await mergeBase(folder, target, request.toRevision)) ?? target
    const [{ diff, diffTruncated }, commits, checks, mergeable] = await Promise.all([
      unifiedDiff(folder, base, request.toRevision),
      listCommits(folder, [request.toRevision, `^${base}`], { limit: 200 }),
      checksOf(db, request.project, request.repository, request.toRevision),
      isMergeable(folder, request, target),
    ])
    return { ...view, diff, diffTruncated, commits, checks, mergeable }
  }

/** Of a merge that is done, the place that the target had before. */
async function targetNow(
  folder: Folder,
  { state, targetBranch, fromRevision, toRevision, mergeRevision }: ChangeRequest,
): Promise<string> {
  if (state === 'merged' && mergeRevision !== null)
    return (await resolveRef(folder, mergeRevision)) === undefined ? toRevision : firstParent(folder, mergeRevision)
  const now = targetBranch === null ? undefined : await resolveRef(folder, branchRef(targetBranch))
  return now?.revision ?? fromRevision ?? toRevision
}

async function firstParent(folder: Folder, revision: string): Promise<string> {
  const [commit] = await listCommits(folder, [revision], { limit: 1 })
  return commit?.parents[0] ?? revision
}

async function isMergeable(folder: Folder, { state, toRevision }: ChangeRequest, target: string): Promise<boolean> {
  if (state !== 'open' && state !== 'approved') return false
  return 'tree' in (await mergeTrees(folder, target, toRevision))
}

/**
 * Merges what was approved, in an order that survives dying anywhere: the commit is made (nobody sees it), written down
 * as what the branch is about to become, the branch moves if it still is where it was, and the merge is told. After a
 * death in between, the reconciler of refs finds the branch there and tells.
 */
export const mergeChangeRequest = (parts: Parts) => async (who: Identity, key: Numbered) => {
  const { store, clock } = parts
  const request = await mustFindChangeRequest(store.db, key)
  refuseUnapproved(request)
  const { repository, folder } = await openRepository(parts, key)
  const { sourceBranch, targetBranch, toRevision } = request
  if (sourceBranch === null || targetBranch === null) throw failure('gitops.change_request_unknown')
  const source = await resolveRef(folder, branchRef(sourceBranch))
  if (source?.revision !== toRevision) throw pushedSince(sourceBranch)
  const target = await mustBranch(folder, targetBranch)
  const merged = await commitMerge(folder, {
    target,
    source: toRevision,
    message: `Merge '${sourceBranch}' into '${targetBranch}'\n\n${request.title}\n\nChange-Request: #${request.number}\nMerged-By: ${who.subject}\n`,
    authorName: who.displayName,
    email: `${who.subject.replace(/[^A-Za-z0-9._-]/g, '.')}@plinth.invalid`,
    seconds: Math.floor(clock.now().getTime() / 1_000),
  })
  if (merged.conflict) throw mergeConflict(merged.paths)
  const ref = branchRef(targetBranch)
  await store.transaction(async (tx) => {
    const now = await mustFindChangeRequest(tx, key, 'lock')
    refuseUnapproved(now)
    if (now.toRevision !== toRevision) throw pushedSince(sourceBranch)
    await setMergeRevision(tx, request, merged.revision)
    await insertIntents(tx, repository.id, [
      { ref, before: target, after: merged.revision, actor: who.subject, requestId: who.requestId, cause: 'merge' },
    ])
    await enqueue(tx, queues.refs, repository.id, { delayMs: intentCheckDelayMs })
  })
  if (!(await moveRef(folder, ref, merged.revision, target))) {
    throw failure('platform.conflict', {
      detail: `'${targetBranch}' moved just now; look at the change request again and repeat.`,
    })
  }
  return store.transaction(async (tx) => {
    const now = await mustFindChangeRequest(tx, key, 'lock')
    if (now.state !== 'merged') await endMerged(tx, now, merged.revision, who)
    await enqueue(tx, queues.refs, repository.id)
    return viewChangeRequest(tx, await mustFindChangeRequest(tx, key))
  })
}

function refuseUnapproved({ state, number }: ChangeRequest): void {
  if (state === 'open')
    throw failure('gitops.approval_missing', {
      detail: `Change request #${number} needs the approval of somebody other than its author.`,
    })
  if (state !== 'approved')
    throw failure('gitops.change_request_closed', { detail: `Change request #${number} is ${state}.` })
}

const pushedSince = (branch: string): Error =>
  failure('gitops.approval_missing', { detail: `'${branch}' was pushed to since it was approved.` })

const mergeConflict = (paths: readonly string[]): Error =>
  failure('gitops.merge_conflict', {
    detail: `Both branches changed ${paths.slice(0, 20).join(', ')}; merge the target into the source and push that.`,
    problems: paths.slice(0, 100).map((path) => ({ path, message: 'was changed in both branches.' })),
  })
