import { Type } from 'typebox'
import { Closed, Id, Items, JsonObject, Timestamp } from './core/common.ts'
import { route, type RouteSpec } from './core/route.ts'

export const DeadLetterInfo = Type.Object({
  id: Id,
  consumer: Type.String(),
  eventId: Type.String(),
  eventType: Type.String(),
  subject: Type.String(),
  error: Type.String(),
  attempts: Type.Integer(),
  createdAt: Timestamp,
  body: Type.Unknown(),
})

/** The two routes by which an administrator sees and replays what a service could not handle. */
export const deadLetterRoutes = <const Service extends string>(service: Service) => {
  const list = route({
    method: 'GET',
    path: `/api/v1/system/${service}/dead-letters`,
    summary: `Events that ${service} could not handle`,
    permission: { action: 'list', object: 'dead-letter', domain: '*' },
    response: { 200: Items(DeadLetterInfo) },
  })
  const replay = route({
    method: 'POST',
    path: `/api/v1/system/${service}/dead-letters/:deadLetter/replay`,
    summary: 'Handle it once more',
    permission: { action: 'update', object: 'dead-letter', domain: '*' },
    params: Closed({ deadLetter: Id }),
    response: { 200: JsonObject },
  })
  return { list, replay } satisfies Record<string, RouteSpec>
}
