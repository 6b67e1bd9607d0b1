import { event } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import { Type } from 'typebox'

/** A fact that no service has, for the tests of this library. */
export const thingMoved = event({
  type: 'dev.plinth.gitops.thing.moved.v1',
  summary: 'A thing moved',
  data: Type.Object({ step: Type.Integer() }),
  example: { step: 1 },
})

export const incoming = (id: string, overrides: Partial<IncomingEvent> = {}): IncomingEvent => ({
  id,
  type: thingMoved.type,
  source: '/plinth/gitops',
  time: '2026-01-01T00:00:00.000Z',
  project: 'payments',
  entity: 'thg_1',
  data: { step: 1 },
  attempt: 1,
  ...overrides,
})
