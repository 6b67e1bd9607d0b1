import fastifyJwt from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import type { VerifySignature } from './access-token.ts'

/** @fastify/jwt with everything fixed that a token could otherwise choose; the key comes with each call, by key id. */
export async function signatureVerifier(app: FastifyInstance, issuer: string): Promise<VerifySignature> {
  await app.register(fastifyJwt, {
    secret: { public: () => Promise.reject(new Error('a token is only ever verified with the key that it names')) },
  })
  const fixed = {
    algorithms: ['EdDSA' as const],
    allowedIss: issuer,
    allowedAud: 'plinth',
    requiredClaims: ['iss', 'aud', 'sub', 'sid', 'exp', 'iat'],
    clockTolerance: 0,
  }
  return (token, key) => app.jwt.verify(token, { ...fixed, key })
}
