import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a secret is for, seen at a glance, and by secret scanners: token, portal session, refresh token. */
export type SecretKind = 'plt' | 'pls' | 'plr'

const checksumLength = 7
const randomLength = 43

/** `<kind>_<43 random characters (256 bits)><7 of checksum>`: a scanner can tell one from noise without asking us. */
export function newSecret(kind: SecretKind): string {
  const begin = `${kind}_${randomBytes(32).toString('base64url')}`
  return begin + checksum(begin)
}

const checksum = (text: string): string => crc32(text).toString(36).padStart(checksumLength, '0')

/** Has the shape of one that we made but not its checksum; answered without asking the database. */
export function isMistyped(secret: string): boolean {
  if (secret.length !== 'plt_'.length + randomLength + checksumLength) return false
  return checksum(secret.slice(0, -checksumLength)) !== secret.slice(-checksumLength)
}

/** What is kept of a secret. A fast hash does: nobody guesses 256 random bits, unlike a password. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')
