import type { Bus } from '@plinth/bus'
import { beginProviderSignIn, failure, finishProviderSignIn } from '@plinth/contracts'
import { publicError } from '@plinth/service'
import type { Clock } from '@plinth/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setSessionCookie, setSignInCookie, signInCookie } from './session-cookie.ts'

type Parts = { bus: Bus; clock: Clock }

const returnToMax = 500
/** The rpc may ask the provider for its document, its keys, the tokens and who he is: each takes 10 s at most. */
const timeoutMs = 25_000

/** Signing in with an OpenID provider, as the browser sees it: sent there, and back into a session of the portal. */
export function providerSignIn({ bus, clock }: Parts) {
  return {
    async begin(request: FastifyRequest, reply: FastifyReply) {
      const { provider } = request.params as { provider: string }
      const { returnTo = '/' } = request.query as { returnTo?: unknown }
      if (typeof returnTo !== 'string' || returnTo.length > returnToMax)
        throw failure('platform.request_invalid', { detail: '`returnTo` is one path of the portal.' })
      try {
        const begun = await bus.ask(beginProviderSignIn, { provider, returnTo }, { timeoutMs })
        return reply
          .code(302)
          .header('set-cookie', setSignInCookie(begun.browserSecret, begun.expiresInSeconds))
          .header('location', begun.authorizationUrl)
          .send()
      } catch (error) {
        return refused(request, reply, error)
      }
    },

    async finish(request: FastifyRequest, reply: FastifyReply) {
      const { provider } = request.params as { provider: string }
      const at = request.url.indexOf('?')
      const query = at === -1 ? '' : request.url.slice(at)
      const browserSecret = cookieOf(request.headers.cookie, signInCookie)
      reply.header('set-cookie', setSignInCookie('', 0))
      try {
        if (browserSecret === undefined || browserSecret.length > 200 || query.length > 4_000)
          throw failure('authorization.sign_in_refused', {
            detail: 'This sign-in was not begun in this browser, or too long ago; begin again.',
          })
        const asked = { provider, browserSecret, query }
        const { secret, identity, returnTo } = await bus.ask(finishProviderSignIn, asked, { timeoutMs })
        request.facts.subject = identity.subject
        const seconds = (identity.expiresAtMs - clock.now().getTime()) / 1_000
        // Whatever session the browser had before, also one that somebody planted there, is not this one.
        return reply
          .code(302)
          .header('set-cookie', setSessionCookie(secret, seconds))
          .header('location', returnTo)
          .send()
      } catch (error) {
        return refused(request, reply, error)
      }
    },
  }
}

/** A browser gets a page that a person can read, of our own words alone; a program the problem document. */
function refused(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  if (!(request.headers.accept ?? '').includes('text/html')) throw thrown
  request.facts.error = thrown
  const error = publicError(thrown)
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign-in refused - Plinth</title>
<h1>Sign-in refused</h1><p>${escaped(error.publicDetail)}</p><p><a href="/">Back to Plinth</a></p></html>`
  return reply
    .code(error.status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
    .send(text)
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
