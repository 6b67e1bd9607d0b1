import { randomUUID } from 'node:crypto'
import type { Clock } from '@plinth/kernel'
import { SignJWT } from 'jose'
import type { SigningKeys } from '../keys/signing-keys.ts'

/** Seconds that an access token is good for; also the longest that a gateway which missed everything would trust it. */
export const accessTokenSeconds = 600

export type AccessTokens = {
  /** A JWT of RFC 9068 for a user in a session, signed with the key of now (Ed25519). */
  issue(user: { username: string; displayName: string }, sessionId: string): Promise<string>
}

export const createAccessTokens = (o: {
  keys: Pick<SigningKeys, 'signer'>
  issuer: string
  clock: Clock
}): AccessTokens => ({
  async issue(user, sessionId) {
    const { kid, key } = await o.keys.signer('access')
    const issuedAt = Math.floor(o.clock.now().getTime() / 1000)
    return new SignJWT({ sid: sessionId, name: user.displayName })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .setIssuer(o.issuer)
      .setAudience('plinth')
      .setSubject(`user:${user.username}`)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + accessTokenSeconds)
      .sign(key)
  },
})
