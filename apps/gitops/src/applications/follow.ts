import { recordAudit, rows, sql, type Tx } from '@plinth/store'
import { newestRelease } from '../releases/store.ts'
import { findApplication, listApplications, type ApplicationKey } from './store.ts'
import { setTarget } from './target.ts'

const follower = { subject: 'system:gitops' }

/**
 * Moves the component's automatic applications to its newest release, where they have not been there yet. Newest is by
 * the order of the pipelines: an old one that ends late moves nothing, and a rollback stays until a newer release.
 */
export async function followNewestRelease(tx: Tx, project: string, component: string): Promise<void> {
  const newest = await newestRelease(tx, project, component)
  if (newest === undefined) return
  for (const { environment, automatic } of await listApplications(tx, project, component)) {
    if (!automatic) continue
    const key = { project, environment, component }
    const application = await findApplication(tx, key, 'lock')
    if (application === undefined || (await newestNumberSynced(tx, key)) >= newest.pipelineNumber) continue
    await setTarget(tx, application, {
      revision: newest.revision,
      release: newest.id,
      actor: follower.subject,
      reason: 'release',
    })
    const detail = { environment, revision: newest.revision, reason: 'release', pipeline: newest.pipeline }
    await recordAudit(tx, 'gitops', follower, {
      action: 'application.deploy',
      project,
      object: `application/${component}`,
      detail,
    })
  }
}

async function newestNumberSynced(tx: Tx, { project, environment, component }: ApplicationKey): Promise<number> {
  const [row] = await rows<{ number: number }>(
    tx,
    sql`
    select coalesce(max(r.pipeline_number), -1)::int as number from syncs s join releases r on r.id = s.release_id
    where s.project = ${project} and s.environment = ${environment} and s.component = ${component}`,
  )
  return row?.number ?? -1
}
