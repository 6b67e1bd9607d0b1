import type { webhookRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { webhookUseCases } from './usecases.ts'

export const webhookHandlers = (
  parts: Pick<Parts, 'store' | 'clock' | 'sealing' | 'refuseOutbound'>,
): Handlers<typeof webhookRoutes> => {
  const hooks = webhookUseCases(parts)
  return {
    listWebhooks: ({ params }) => hooks.listWebhooks(params.project),
    createWebhook: ({ who, params, body }) => hooks.createWebhook(who, params.project, body),
    updateWebhook: ({ who, params, body }) => hooks.updateWebhook(who, params.project, params.webhook, body),
    deleteWebhook: ({ who, params }) => hooks.deleteWebhook(who, params.project, params.webhook),
    rotateWebhookSecret: ({ who, params }) => hooks.rotateWebhookSecret(who, params.project, params.webhook),
    listWebhookDeliveries: ({ params, query }) => hooks.listWebhookDeliveries(params.project, params.webhook, query),
    replayWebhookDelivery: ({ who, params }) =>
      hooks.replayWebhookDelivery(who, params.project, params.webhook, params.delivery),
  }
}
