import { Type } from 'typebox'
import { event } from '../core/event.ts'

export const schemaRegistered = event({
  type: 'dev.plinth.schemas.version.registered.v1',
  summary: 'A subject has a new version',
  data: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    version: Type.Integer(),
    id: Type.Integer(),
    schemaType: Type.String(),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    version: 2,
    id: 17,
    schemaType: 'JSON',
    actor: 'job:payments/pip_01',
  },
})
