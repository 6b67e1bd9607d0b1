import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose'
import type { KeyUse, NewKey } from './store.ts'

const generate = promisify(generateKeyPair)

/** Access tokens are verified by the gateway alone; identity tokens by clouds and vaults, which all know RS256. */
export const algorithmOf = (use: KeyUse): 'EdDSA' | 'RS256' => (use === 'access' ? 'EdDSA' : 'RS256')

/** A new pair of the kind that its use takes; its private part is sealed by `seal`. */
export async function newKey(use: KeyUse, seal: Seal): Promise<NewKey> {
  const { privateKey } =
    use === 'access'
      ? await generate('ed25519')
      : await generate('rsa', { modulusLength: 2048, publicExponent: 65_537 })
  return keyOf(use, privateKey, seal)
}

/** The id of a key as text; it is bound to what was sealed, so that no private part passes for another key's. */
type Seal = (kid: string, pem: string) => string

/** The pair of a private key in PEM that was given from outside. Throws when it is no Ed25519 key. */
export async function givenKey(pem: string, seal: Seal): Promise<NewKey> {
  const privateKey = createPrivateKey(pem.replaceAll('\\n', '\n'))
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('PLINTH_SIGNING_PRIVATE_KEY must be an Ed25519 key')
  return keyOf('access', privateKey, seal)
}

async function keyOf(use: KeyUse, privateKey: KeyObject, seal: Seal): Promise<NewKey> {
  const publicKey = createPublicKey(privateKey)
  // The thumbprint of RFC 7638.
  const kid = await calculateJwkThumbprint(await exportJWK(publicKey))
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    kid,
    use,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: seal(kid, pem),
  }
}

/** Public members only (RFC 7517). */
export async function jwkOf(kid: string, use: KeyUse, publicKeyPem: string): Promise<JWK> {
  return { ...(await exportJWK(createPublicKey(publicKeyPem))), kid, alg: algorithmOf(use), use: 'sig' }
}
