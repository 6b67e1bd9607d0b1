import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Db } from '@plinth/store'
import type { SampleUseCases } from './samples.ts'
import { validate } from './validate.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>

export const validationRoutes = (
  db: Db,
  samples: SampleUseCases,
): Pick<AllHandlers, 'validatePayloads' | 'sendSamples' | 'getSamples'> => ({
  validatePayloads: ({ params: { project, subject, version }, body }) =>
    validate(db, { project, subject, version: version === 'latest' ? version : Number(version) }, body.payloads),
  sendSamples: ({ who, params, body }) => samples.take(who, params, body),
  getSamples: ({ params, query }) => samples.report(params, query.hours ?? 24),
})
