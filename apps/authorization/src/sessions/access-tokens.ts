import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto'
import type { Clock } from '@plinth/kernel'
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from 'jose'

/** Seconds that an access token is good for; also the longest that a gateway which missed everything would trust it. */
export const accessTokenSeconds = 600

export type AccessTokens = {
  /** A JWT of RFC 9068 for a user in a session. */
  issue(user: { username: string; displayName: string }, sessionId: string): Promise<string>
  /** The public keys as a JSON Web Key Set (RFC 7517). */
  jwks: { keys: (JWK & Record<string, unknown>)[] }
  /** The same in PEM, for those who verify in process. */
  signingKeys: { kid: string; alg: string; publicKeyPem: string }[]
}

/** Signs with an Ed25519 key in PEM; its id is the thumbprint of RFC 7638. Throws for any other kind of key. */
export async function createAccessTokens(o: {
  privateKeyPem: string
  issuer: string
  clock: Clock
}): Promise<AccessTokens> {
  const privateKey = createPrivateKey(o.privateKeyPem.replaceAll('\\n', '\n'))
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('PLINTH_SIGNING_PRIVATE_KEY must be an Ed25519 key')
  const publicKey = createPublicKey(privateKey)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return {
    issue(user, sessionId) {
      const issuedAt = Math.floor(o.clock.now().getTime() / 1000)
      return new SignJWT({ sid: sessionId, name: user.displayName })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
        .setIssuer(o.issuer)
        .setAudience('plinth')
        .setSubject(`user:${user.username}`)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + accessTokenSeconds)
        .sign(privateKey)
    },
    jwks: { keys: [{ ...jwk, kid, alg: 'EdDSA', use: 'sig' }] },
    signingKeys: [{ kid, alg: 'EdDSA', publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }],
  }
}
