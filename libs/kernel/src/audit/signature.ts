import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { LedgerKey } from './format.ts'

export type AuditSigner = {
  key: LedgerKey
  /** The statement with its key's id and an Ed25519 signature (base64url) over all other members in canonical JSON. */
  sign<T extends object>(statement: T): T & { keyId: string; signature: string }
}

/** An Ed25519 public key's id: the first 16 bytes of the SHA-256 of its SPKI form, so that no two keys share one. */
export function auditKeyId(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return `audit-${createHash('sha256').update(der).digest('hex').slice(0, 32)}`
}

/** Signs with an Ed25519 private key in PEM. Throws for any other kind of key. */
export function auditSigner(privateKeyPem: string): AuditSigner {
  const privateKey = createPrivateKey(privateKeyPem.replaceAll('\\n', '\n'))
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('The audit key must be an Ed25519 key')
  const publicKey = createPublicKey(privateKey)
  const keyId = auditKeyId(publicKey)
  return {
    key: { keyId, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
    sign(statement) {
      const signed = { ...statement, keyId }
      return { ...signed, signature: sign(null, Buffer.from(canonicalJson(signed)), privateKey).toString('base64url') }
    },
  }
}

/** The public keys by id; throws an Error that names a key that is none, or whose id is not its own. */
export function readKeys(keys: readonly LedgerKey[]): Map<string, KeyObject> {
  const read = new Map<string, KeyObject>()
  for (const { keyId, publicKeyPem } of keys) {
    const key = readPublicKey(publicKeyPem)
    if (key === undefined || auditKeyId(key) !== keyId)
      throw new Error(`${keyId} is not the id of the key given for it`)
    read.set(keyId, key)
  }
  return read
}

/** An Ed25519 public key in PEM; undefined for anything else. */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem.replaceAll('\\n', '\n'))
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}

/** Whether the signature is the key's, over all other members. A second spelling of the same signature is none. */
export function isSignedBy(key: KeyObject, { signature, ...statement }: { signature: string }): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes.toString('base64url') !== signature) return false
  return verify(null, Buffer.from(canonicalJson(statement)), key, bytes)
}
