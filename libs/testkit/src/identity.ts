import { generateKeyPairSync } from 'node:crypto'
import type { Identity } from '@plinth/kernel'
import { identityHeader, signIdentity } from '@plinth/service'

/** Somebody who asks: `user:ana` unless another subject is given, with that subject alone and no claims. */
export function testIdentity(subject = 'user:ana', overrides: Partial<Identity> = {}): Identity {
  return {
    subject,
    subjects: [subject],
    displayName: subject.slice(subject.indexOf(':') + 1),
    credentialId: 'ses_test',
    claims: {},
    requestId: 'req_test',
    ...overrides,
  }
}

/** The gateway's key pair of this test process, PEM: give a service the public one, `asIdentity` signs with the other. */
export const testKeys: { publicKey: string; privateKey: string } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** The headers of a request as the gateway would forward it for this identity, or for this subject. */
export function asIdentity(
  who: Identity | string = 'user:ana',
  { privateKey = testKeys.privateKey, nowSeconds }: { privateKey?: string; nowSeconds?: number } = {},
): Record<string, string> {
  const identity = typeof who === 'string' ? testIdentity(who) : who
  return { [identityHeader]: signIdentity(identity, privateKey, nowSeconds) }
}
