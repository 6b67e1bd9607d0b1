import { Type } from 'typebox'
import { Closed, Id, Line, Nothing, Page, pageQuery, Items, ProjectParams, ProjectName, Timestamp } from '../core/common.ts' // prettier-ignore
import { route } from '../core/route.ts'

const fields = {
  url: Type.String({ maxLength: 500, description: 'https, to a public address' }),
  types: Type.Array(Type.String({ minLength: 1, maxLength: 200, description: 'An event type, or its beginning' }), {
    maxItems: 50,
    description: 'All when empty',
  }),
  description: Line(200),
}
export const Webhook = Type.Object({
  id: Id,
  project: Type.String(),
  ...fields,
  owner: Type.String({ description: 'It sees what he may see' }),
  state: Type.Enum(['active', 'paused', 'failing'], {
    description: 'failing: nothing was taken for five days, or it answered 410; it is paused until resumed',
  }),
  createdAt: Timestamp,
  lastDeliveryAt: Type.Optional(Timestamp),
})
export const WebhookDelivery = Type.Object({
  id: Id,
  eventId: Type.String(),
  eventType: Type.String(),
  state: Type.Enum(['waiting', 'delivered', 'failed']),
  attempts: Type.Integer(),
  status: Type.Optional(Type.Integer()),
  error: Type.Optional(Type.String()),
  createdAt: Timestamp,
  nextAttemptAt: Type.Optional(Timestamp),
  deliveredAt: Type.Optional(Timestamp),
})
const HookParams = Closed({ project: ProjectName, webhook: Id })
const unknown = 'authorization.webhook_unknown'
const refused = 'authorization.webhook_refused'
const Made = Type.Object({ webhook: Webhook, secret: Type.String({ description: '`whsec_…`, shown once' }) })

/** Events out, signed as Standard Webhooks says. */
export const webhookRoutes = {
  listWebhooks: route({
    method: 'GET',
    path: '/api/v1/projects/:project/webhooks',
    summary: 'Where events of the project are sent',
    permission: { action: 'list', object: 'webhook', domain: ':project' },
    params: ProjectParams,
    response: { 200: Items(Webhook) },
  }),
  createWebhook: route({
    method: 'POST',
    path: '/api/v1/projects/:project/webhooks',
    summary: 'Send events to an address, signed; the secret is shown once',
    permission: { action: 'create', object: 'webhook', domain: ':project' },
    params: ProjectParams,
    body: Closed({
      url: fields.url,
      types: Type.Optional(fields.types),
      description: Type.Optional(fields.description),
    }),
    response: { 201: Made },
    errors: ['provisioning.project_unknown', refused],
  }),
  updateWebhook: route({
    method: 'PATCH',
    path: '/api/v1/projects/:project/webhooks/:webhook',
    summary: 'Change, pause or resume it',
    permission: { action: 'update', object: 'webhook/:webhook', domain: ':project' },
    params: HookParams,
    body: Closed({
      url: Type.Optional(fields.url),
      types: Type.Optional(fields.types),
      description: Type.Optional(fields.description),
      state: Type.Optional(Type.Enum(['active', 'paused'])),
    }),
    response: { 200: Webhook },
    errors: [unknown, refused],
  }),
  deleteWebhook: route({
    method: 'DELETE',
    path: '/api/v1/projects/:project/webhooks/:webhook',
    summary: 'Stop sending',
    permission: { action: 'delete', object: 'webhook/:webhook', domain: ':project' },
    params: HookParams,
    response: { 204: Nothing },
    errors: [unknown],
  }),
  rotateWebhookSecret: route({
    method: 'POST',
    path: '/api/v1/projects/:project/webhooks/:webhook/secret',
    summary: 'A new secret; for 24 hours deliveries carry the signatures of both',
    permission: { action: 'update', object: 'webhook/:webhook', domain: ':project' },
    params: HookParams,
    response: { 200: Made },
    errors: [unknown],
  }),
  listWebhookDeliveries: route({
    method: 'GET',
    path: '/api/v1/projects/:project/webhooks/:webhook/deliveries',
    summary: 'What was sent, and what came back, newest first',
    permission: { action: 'get', object: 'webhook/:webhook', domain: ':project' },
    params: HookParams,
    query: Closed({ ...pageQuery, state: Type.Optional(Type.Enum(['waiting', 'delivered', 'failed'])) }),
    response: { 200: Page(WebhookDelivery) },
    errors: [unknown],
  }),
  replayWebhookDelivery: route({
    method: 'POST',
    path: '/api/v1/projects/:project/webhooks/:webhook/deliveries/:delivery/replay',
    summary: 'Send it once more, under the same webhook-id',
    permission: { action: 'update', object: 'webhook/:webhook', domain: ':project' },
    params: Closed({ project: ProjectName, webhook: Id, delivery: Id }),
    response: { 200: WebhookDelivery },
    errors: [unknown, 'authorization.webhook_delivery_unknown'],
  }),
}
