import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { decodeCursor, pageOf, recordAudit, type Tx } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { newestRelease, releaseOfRevision } from '../releases/store.ts'
import {
  lastHealthySync,
  listApplications,
  listSyncs,
  mustFindApplication,
  syncById,
  syncBySeq,
  viewApplication,
  viewApplications,
  viewSyncRecord,
  type Application,
  type ApplicationKey,
  type ApplicationView,
  type Sync,
} from './store.ts'
import { setTarget, type Target } from './target.ts'

export const getApplication =
  ({ store }: Parts) =>
  async (key: ApplicationKey): Promise<ApplicationView> =>
    viewApplication(store.db, await mustFindApplication(store.db, key))

export const applicationsOf =
  ({ store }: Parts) =>
  async (project: string, component: string | undefined) => {
    const found = await listApplications(store.db, project, component)
    return { items: await viewApplications(store.db, found) }
  }

export const syncsPage =
  ({ store }: Parts) =>
  async (key: ApplicationKey, { limit = 50, cursor }: { limit?: number; cursor?: string }) => {
    await mustFindApplication(store.db, key)
    const before = cursor === undefined ? undefined : decodeCursor(cursor, ['number'])[0]
    const page = pageOf(await listSyncs(store.db, key, { before, limit: limit + 1 }), limit, ({ seq }) => [seq])
    return { ...page, items: page.items.map(viewSyncRecord) }
  }

type Wanted = Omit<Target, 'actor'> & { action: string; detail?: Record<string, unknown> }

/** One transaction: what should run, who said so, and the work that follows from it. */
async function change(
  { store }: Parts,
  who: Identity,
  key: ApplicationKey,
  decide: (tx: Tx, application: Application) => Promise<Wanted | undefined>,
) {
  return store.transaction(async (tx) => {
    const application = await mustFindApplication(tx, key, 'lock')
    const wanted = await decide(tx, application)
    if (wanted !== undefined) {
      const { action, detail, ...target } = wanted
      await setTarget(tx, application, { ...target, actor: who.subject })
      await recordAudit(tx, 'gitops', who, {
        action, project: key.project, object: `application/${key.component}`,
        detail: { environment: key.environment, revision: target.revision, ...detail },
      }) // prettier-ignore
    }
    return viewApplication(tx, await mustFindApplication(tx, key))
  })
}

/** A release runs here, without a promotion: the newest, or that of the named commit. */
export const deployApplication = (parts: Parts) => (who: Identity, key: ApplicationKey, revision: string | undefined) =>
  change(parts, who, key, async (tx) => {
    const { project, component } = key
    const release =
      revision === undefined
        ? await newestRelease(tx, project, component)
        : await releaseOfRevision(tx, project, component, revision)
    if (release === undefined) throw failure('gitops.nothing_to_promote', { detail: noRelease(component, revision) })
    return {
      action: 'application.deploy',
      revision: release.revision,
      release: release.id,
      reason: 'deploy',
      detail: { release: release.id },
    }
  })

export const noRelease = (component: string, revision: string | undefined): string =>
  revision === undefined
    ? `No pipeline of '${component}' on its default branch has passed yet, so there is no release.`
    : `'${revision}' is no release of '${component}': name a commit of its default branch whose pipeline passed, by at least 7 digits.`

/** The target once more. While a sync of it runs already, that one is the answer. */
export const syncApplication = (parts: Parts) => (who: Identity, key: ApplicationKey) =>
  change(parts, who, key, async (tx, { targetRevision, targetRelease, syncSeq }) => {
    if (targetRevision === null)
      throw failure('gitops.nothing_to_promote', {
        detail: 'Nothing was ever deployed here, so there is nothing to sync to.',
      })
    const current = await syncBySeq(tx, syncSeq)
    if (current?.state === 'running') return undefined
    const originSeq = current?.originSeq ?? current?.seq
    return {
      action: 'application.sync',
      revision: targetRevision,
      release: targetRelease,
      reason: 'manual',
      ...(originSeq !== undefined && { originSeq }),
    }
  })

/** Back to the version that was healthy here before the current one; asked for again, to the one before that. */
export const rollbackApplication = (parts: Parts) => (who: Identity, key: ApplicationKey, syncId: string | undefined) =>
  change(parts, who, key, async (tx, application) => {
    const back = syncId === undefined ? await earlier(tx, application) : await named(tx, key, syncId)
    return {
      action: 'application.rollback', revision: back.revision, release: back.release, reason: 'rollback', originSeq: back.originSeq ?? back.seq,
      detail: { from: application.targetRevision, sync: back.id },
    } // prettier-ignore
  })

async function named(tx: Tx, key: ApplicationKey, id: string): Promise<Sync> {
  const found = await syncById(tx, key, id)
  if (found?.state === 'succeeded') return found
  throw failure('gitops.rollback_impossible', {
    detail:
      found === undefined ? `There is no sync '${id}' of this application.` : `The sync '${id}' never was healthy.`,
  })
}

async function earlier(tx: Tx, application: Application): Promise<Sync> {
  const current = await syncBySeq(tx, application.syncSeq)
  const found = current && (await lastHealthySync(tx, application, current.originSeq ?? current.seq, current.revision))
  if (found === undefined) throw failure('gitops.rollback_impossible')
  return found
}
