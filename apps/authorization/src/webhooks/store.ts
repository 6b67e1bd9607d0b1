import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type WebhookState = 'active' | 'paused' | 'failing'
export type WebhookRow = {
  id: string
  project: string
  url: string
  types: string[]
  description: string
  owner: string
  state: WebhookState
  createdAt: string
  lastDeliveryAt: string | null
}
/** What the sender needs besides; never in an answer. */
export type SigningWebhook = WebhookRow & {
  secret: string
  previousSecret: string | null
  previousUntil: string | null
  failingSince: string | null
}
export type DeliveryRow = {
  id: string
  webhook: string
  eventId: string
  eventType: string
  state: 'waiting' | 'delivered' | 'failed'
  attempts: number
  status: number | null
  error: string | null
  createdAt: string
  nextAttemptAt: string | null
  deliveredAt: string | null
}

const columns = sql`id, project, url, types, description, owner, state, ${isoTime(sql`created_at`)} as "createdAt",
  ${isoTime(sql`last_delivery_at`)} as "lastDeliveryAt"`
const signingColumns = sql`${columns}, secret, previous_secret as "previousSecret",
  ${isoTime(sql`previous_until`)} as "previousUntil", ${isoTime(sql`failing_since`)} as "failingSince"`
const deliveryColumns = sql`id, webhook, event_id as "eventId", event_type as "eventType", state, attempts, status, error,
  ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`next_attempt_at`)} as "nextAttemptAt",
  ${isoTime(sql`delivered_at`)} as "deliveredAt"`
const time = (at: Date) => sql`${at.toISOString()}::timestamptz`

export const listWebhooks = (executor: Executor, project: string): Promise<WebhookRow[]> =>
  rows<WebhookRow>(executor, sql`select ${columns} from webhooks where project = ${project} order by id`)

export async function findWebhook(executor: Executor, project: string, id: string): Promise<WebhookRow | undefined> {
  const [found] = await rows<WebhookRow>(
    executor,
    sql`select ${columns} from webhooks where id = ${id} and project = ${project}`,
  )
  return found
}

export async function findSigningWebhook(executor: Executor, id: string): Promise<SigningWebhook | undefined> {
  const [found] = await rows<SigningWebhook>(executor, sql`select ${signingColumns} from webhooks where id = ${id}`)
  return found
}

type NewWebhook = Pick<WebhookRow, 'id' | 'project' | 'url' | 'types' | 'description' | 'owner'> & { secret: string }

export const insertWebhook = (tx: Tx, hook: NewWebhook, now: Date) =>
  tx.execute(sql`insert into webhooks (id, project, url, types, description, owner, secret, state, created_at)
    values (${hook.id}, ${hook.project}, ${hook.url}, ${JSON.stringify(hook.types)}::jsonb, ${hook.description},
      ${hook.owner}, ${hook.secret}, 'active', ${time(now)})`)

export const writeWebhook = (tx: Tx, { id, url, types, description, state }: WebhookRow) =>
  tx.execute(sql`update webhooks set url = ${url}, types = ${JSON.stringify(types)}::jsonb,
    description = ${description}, state = ${state}, failing_since = case when ${state} = state then failing_since end
    where id = ${id}`)

export const deleteWebhook = (tx: Tx, id: string) => tx.execute(sql`delete from webhooks where id = ${id}`)

export const rotateSecret = (tx: Tx, id: string, secret: string, previousUntil: Date) =>
  tx.execute(sql`update webhooks set previous_secret = secret, previous_until = ${time(previousUntil)},
    secret = ${secret} where id = ${id}`)

/** Those that take events of a project now. */
export const activeWebhooks = (executor: Executor, project: string): Promise<WebhookRow[]> =>
  rows<WebhookRow>(executor, sql`select ${columns} from webhooks where project = ${project} and state = 'active'`)

type NewDelivery = Pick<DeliveryRow, 'id' | 'webhook' | 'eventId' | 'eventType'> & { body: string }

/** Whether it was written; not where the event had its delivery already. */
export async function insertDelivery(tx: Tx, delivery: NewDelivery, now: Date): Promise<boolean> {
  const { rowCount } =
    await tx.execute(sql`insert into webhook_deliveries (id, webhook, event_id, event_type, body, state, created_at,
      next_attempt_at) values (${delivery.id}, ${delivery.webhook}, ${delivery.eventId}, ${delivery.eventType},
      ${delivery.body}, 'waiting', ${time(now)}, ${time(now)}) on conflict do nothing`)
  return rowCount === 1
}

export const listDeliveries = (
  executor: Executor,
  o: { webhook: string; before: string; limit: number; state?: DeliveryRow['state'] | undefined },
): Promise<DeliveryRow[]> =>
  rows<DeliveryRow>(
    executor,
    sql`select ${deliveryColumns} from webhook_deliveries where webhook = ${o.webhook}
      and ${o.before === '' ? sql`true` : sql`id < ${o.before}`}
      and ${o.state === undefined ? sql`true` : sql`state = ${o.state}`} order by id desc limit ${o.limit}`,
  )

export async function findDelivery(
  executor: Executor,
  id: string,
): Promise<(DeliveryRow & { body: string }) | undefined> {
  const [found] = await rows<DeliveryRow & { body: string }>(
    executor,
    sql`select ${deliveryColumns}, body from webhook_deliveries where id = ${id}`,
  )
  return found
}

export const resetDelivery = (tx: Tx, id: string, now: Date) =>
  tx.execute(sql`update webhook_deliveries set state = 'waiting', attempts = 0, status = null, error = null,
    delivered_at = null, next_attempt_at = ${time(now)} where id = ${id}`)

type Outcome = Pick<DeliveryRow, 'state' | 'status' | 'error'> & { nextAttemptAt: Date | undefined }

export const writeOutcome = (tx: Tx, id: string, outcome: Outcome, now: Date) =>
  tx.execute(sql`update webhook_deliveries set state = ${outcome.state}, attempts = attempts + 1,
    status = ${outcome.status}, error = ${outcome.error},
    next_attempt_at = ${outcome.nextAttemptAt === undefined ? sql`null` : time(outcome.nextAttemptAt)},
    delivered_at = ${outcome.state === 'delivered' ? time(now) : sql`null`} where id = ${id}`)

/** Notes how a webhook fares; the state stays what it is unless one is given. */
export const noteHealth = (
  tx: Tx,
  id: string,
  { delivered, now, state }: { delivered: boolean; now: Date; state?: WebhookState | undefined },
) =>
  delivered
    ? tx.execute(sql`update webhooks set failing_since = null, last_delivery_at = ${time(now)} where id = ${id}`)
    : tx.execute(sql`update webhooks set failing_since = coalesce(failing_since, ${time(now)}),
        state = ${state ?? sql`state`} where id = ${id}`)

/** Forgets deliveries that are over and older than some days. */
export const forgetDeliveries = (executor: Executor, before: Date) =>
  executor.execute(sql`delete from webhook_deliveries where state <> 'waiting' and created_at < ${time(before)}`)
