import { failure, type Webhook, type WebhookDelivery } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { decodeCursor, enqueue, pageOf, recordAudit, type Executor } from '@plinth/store'
import type { Static } from 'typebox'
import { source, type Parts } from '../parts.ts'
import { requireProject } from '../projects/require-project.ts'
import { deliveryQueue, secretPurpose } from './deliver.ts'
import { newSecret } from './signature.ts'
import * as webhooks from './store.ts'

type Info = Static<typeof Webhook>
type Edit = { url?: string; types?: string[]; description?: string; state?: 'active' | 'paused' }
type ListQuery = { limit?: number; cursor?: string; state?: webhooks.DeliveryRow['state'] }

const webhooksMax = 50
const overlapMs = 24 * 3_600_000

export const webhookUseCases = (parts: Pick<Parts, 'store' | 'clock' | 'sealing' | 'refuseOutbound'>) => ({
  listWebhooks: async (project: string) => ({
    items: (await webhooks.listWebhooks(parts.store.db, project)).map(infoOf),
  }),

  async createWebhook(who: Identity, project: string, want: Edit & { url: string }) {
    checkUrl(parts, want.url)
    return parts.store.transaction(async (tx) => {
      await requireProject(tx, project)
      if ((await webhooks.listWebhooks(tx, project)).length >= webhooksMax)
        throw refused('url', `would be the ${webhooksMax + 1}st of the project; remove one first`)
      const id = newId('whk')
      const secret = newSecret()
      const { url, types = [], description = '' } = want
      const sealed = parts.sealing.seal(secretPurpose(id), secret)
      const row = { id, project, url, types, description, owner: who.subject }
      await webhooks.insertWebhook(tx, { ...row, secret: sealed }, parts.clock.now())
      await recordAudit(tx, source, who, auditOf('webhook.create', row))
      return { webhook: infoOf(await required(tx, project, id)), secret }
    })
  },

  updateWebhook(who: Identity, project: string, id: string, edit: Edit): Promise<Info> {
    if (edit.url !== undefined) checkUrl(parts, edit.url)
    return parts.store.transaction(async (tx) => {
      const row = { ...(await required(tx, project, id)), ...edit }
      await webhooks.writeWebhook(tx, row)
      await recordAudit(tx, source, who, auditOf('webhook.update', row))
      return infoOf(await required(tx, project, id))
    })
  },

  async deleteWebhook(who: Identity, project: string, id: string): Promise<void> {
    await parts.store.transaction(async (tx) => {
      const row = await required(tx, project, id)
      await webhooks.deleteWebhook(tx, id)
      await recordAudit(tx, source, who, auditOf('webhook.delete', row))
    })
  },

  rotateWebhookSecret(who: Identity, project: string, id: string) {
    return parts.store.transaction(async (tx) => {
      const row = await required(tx, project, id)
      const secret = newSecret()
      const until = new Date(parts.clock.now().getTime() + overlapMs)
      await webhooks.rotateSecret(tx, id, parts.sealing.seal(secretPurpose(id), secret), until)
      await recordAudit(tx, source, who, auditOf('webhook.rotate-secret', row))
      return { webhook: infoOf(row), secret }
    })
  },

  async listWebhookDeliveries(project: string, webhook: string, { limit = 50, cursor, state }: ListQuery) {
    await required(parts.store.db, project, webhook)
    const [before] = cursor === undefined ? [''] : decodeCursor(cursor, ['string'])
    const found = await webhooks.listDeliveries(parts.store.db, { webhook, before, limit: limit + 1, state })
    const page = pageOf(found, limit, (last) => [last.id])
    return { ...page, items: page.items.map(deliveryOf) }
  },

  replayWebhookDelivery(who: Identity, project: string, webhook: string, id: string) {
    return parts.store.transaction(async (tx) => {
      await required(tx, project, webhook)
      const unknown = failure('authorization.webhook_delivery_unknown', { detail: `There is no delivery '${id}'.` })
      const found = await webhooks.findDelivery(tx, id)
      if (found === undefined || found.webhook !== webhook) throw unknown
      await webhooks.resetDelivery(tx, id, parts.clock.now())
      await enqueue(tx, deliveryQueue, id)
      await recordAudit(tx, source, who, {
        action: 'webhook.replay',
        project,
        object: `webhook/${webhook}`,
        detail: { delivery: id, event: found.eventId },
      })
      const reset = await webhooks.findDelivery(tx, id)
      if (reset === undefined) throw unknown
      return deliveryOf(reset)
    })
  },
})

async function required(executor: Executor, project: string, id: string): Promise<webhooks.WebhookRow> {
  const found = await webhooks.findWebhook(executor, project, id)
  if (found === undefined) throw failure('authorization.webhook_unknown', { detail: `There is no webhook '${id}'.` })
  return found
}

const refused = (field: string, message: string) =>
  failure('authorization.webhook_refused', { problems: [{ path: `/body/${field}`, message }] })

function checkUrl({ refuseOutbound }: Pick<Parts, 'refuseOutbound'>, url: string): void {
  const why = refuseOutbound(url)
  if (why !== undefined) throw refused('url', why)
}

const auditOf = (
  action: string,
  { id, project, url, types, owner }: Pick<Info, 'id' | 'project' | 'url' | 'types' | 'owner'>,
) => ({
  action,
  project,
  object: `webhook/${id}`,
  // The path and query of such an address are often a secret.
  detail: { origin: new URL(url).origin, types, owner },
})

const infoOf = ({ lastDeliveryAt, ...row }: webhooks.WebhookRow): Info => ({
  ...row,
  ...(lastDeliveryAt !== null && { lastDeliveryAt }),
})

function deliveryOf(row: webhooks.DeliveryRow): Static<typeof WebhookDelivery> {
  const { id, eventId, eventType, state, attempts, createdAt } = row
  const { status, error, nextAttemptAt, deliveredAt } = row
  return {
    id, eventId, eventType, state, attempts, createdAt,
    ...(status !== null && { status }),
    ...(error !== null && { error }),
    ...(nextAttemptAt !== null && { nextAttemptAt }),
    ...(deliveredAt !== null && { deliveredAt }),
  } // prettier-ignore
}
