import type { Bus } from '@plinth/bus'
import { failure, gatewayRoutes, openPortalSession } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import type { SignFor } from '../forward/signed-identity.ts'
import type { Upstream } from '../forward/upstreams.ts'
import type { Admitted } from '../policy/admit.ts'
import type { Caller } from './caller.ts'
import { csrfToken, foreign } from './csrf.ts'
import type { EndedCredentials } from './ended-credentials.ts'
import { setSessionCookie } from './session-cookie.ts'

type Parts = {
  bus: Bus
  clock: Clock
  authorization: Upstream
  signFor: SignFor
  ended: EndedCredentials
  isOwnOrigin: (origin: string | undefined) => boolean
}

const credentials = Compile(gatewayRoutes.openPortalSession.body)

/** The session of a browser: opened by a password, kept in a cookie that no script can read, closed everywhere at once. */
export function portalSession(parts: Parts) {
  const { bus, clock, authorization, signFor, ended, isOwnOrigin } = parts
  return {
    async open(request: FastifyRequest, reply: FastifyReply) {
      // Else another site could sign a browser in as its own user, and watch what is then typed there.
      if (!isOwnOrigin(request.headers.origin)) throw foreign()
      const { body } = request
      if (!credentials.Check(body)) {
        const problems = credentials
          .Errors(body)
          .map(({ instancePath, message }) => ({ path: `body${instancePath}`, message }))
        throw failure('platform.request_invalid', { problems })
      }
      const { secret, identity } = await bus.ask(openPortalSession, body, { timeoutMs: 10_000 })
      request.facts.subject = identity.subject
      const seconds = (identity.expiresAtMs - clock.now().getTime()) / 1_000
      return reply.code(201).header('set-cookie', setSessionCookie(secret, seconds)).send(shown(identity, secret))
    },
    get: (_request: FastifyRequest, reply: FastifyReply, { caller }: Admitted) => {
      const secret = sessionSecretOf(caller)
      return reply.send(caller && shown(caller.identity, secret))
    },
    async close(request: FastifyRequest, reply: FastifyReply, { caller, address }: Admitted) {
      sessionSecretOf(caller)
      const { statusCode, body } = await authorization.quick.request({
        method: 'DELETE',
        path: '/auth/sessions/current',
        headers: { 'x-plinth-identity': signFor(caller, request.id, address), 'x-request-id': request.id },
        signal: AbortSignal.timeout(5_000),
      })
      await body.dump()
      if (statusCode >= 300 && statusCode !== 404) throw failure('platform.unavailable')
      // This gateway need not wait to hear of it from the bus.
      if (caller !== undefined) ended.add(caller.identity.credentialId)
      return reply.code(204).header('set-cookie', setSessionCookie('', 0)).send()
    },
  }
}

const shown = (identity: Pick<Caller['identity'], 'subject' | 'displayName'>, secret: string) => ({
  subject: identity.subject,
  displayName: identity.displayName,
  csrfToken: csrfToken(secret),
})

function sessionSecretOf(caller: Caller | undefined): string {
  if (caller?.sessionSecret !== undefined) return caller.sessionSecret
  throw failure('gateway.token_missing', { detail: 'This is about the session of a browser, and none was sent.' })
}
