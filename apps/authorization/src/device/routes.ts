import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { answerOAuth, readForm } from './oauth.ts'
import { deviceUseCases } from './usecases.ts'

export const deviceHandlers = (parts: Parts) => {
  const devices = deviceUseCases(parts)
  return {
    authorizeDevice: (ask) => answerOAuth(ask, async () => devices.authorize(await readForm(ask), ask.who.address)),
    token: (ask) => answerOAuth(ask, async () => devices.token(await readForm(ask), ask.requestId)),
    getDeviceRequest: ({ who, params }) => devices.find(who, params.userCode),
    decideDevice: ({ who, params, body }) => devices.decide(who, params.userCode, body.allow),
  } satisfies Partial<Handlers<typeof contracts.authorization.routes>>
}
