import { randomUUID } from 'node:crypto'
import { failure, type issueIdentityToken, type RpcRequest } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import { SignJWT } from 'jose'
import type { SigningKeys } from './signing-keys.ts'

const registered = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'])
/** Clocks of verifiers may go behind ours. */
const notBeforeSeconds = 5

/**
 * An identity token of a job: a JWT (RS256) that anybody verifies by discovery and JWKS. `typ` is JWT and the algorithm
 * is not that of access tokens, so that the gateway takes none for one.
 */
export const identityTokens =
  (keys: Pick<SigningKeys, 'signer'>, clock: Clock, issuer: string) =>
  async ({
    subject,
    audience,
    claims,
    ttlSeconds,
  }: RpcRequest<typeof issueIdentityToken>): Promise<{ token: string }> => {
    const problems = Object.keys(claims)
      .filter((name) => registered.has(name))
      .map((name) => ({ path: `/claims/${name}`, message: 'is said by the issuer alone' }))
    if (subject === '') problems.push({ path: '/subject', message: 'is empty' })
    if (audience.some((one) => one === '')) problems.push({ path: '/audience', message: 'has an empty name' })
    if (problems.length > 0) throw failure('platform.request_invalid', { problems })
    const { kid, key } = await keys.signer('identity')
    const now = Math.floor(clock.now().getTime() / 1000)
    const [first = ''] = audience
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .setIssuer(issuer)
      .setSubject(subject)
      // One audience as text: some verifiers compare it with a string.
      .setAudience(audience.length === 1 ? first : audience)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setNotBefore(now - notBeforeSeconds)
      .setExpirationTime(now + ttlSeconds)
      .sign(key)
    return { token }
  }
