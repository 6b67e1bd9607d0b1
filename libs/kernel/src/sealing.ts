import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Encrypts what rests in the database, and only opens it again for the same purpose. */
export type Sealing = {
  /** `purpose` is bound to the text: what was sealed for one resource can't be opened as another's. */
  seal(purpose: string, text: string): string
  /** Throws when the key is another, or the text was changed or belongs to another purpose. */
  open(purpose: string, sealed: string): string
}

const nonceBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce each time; the form is `v1.<base64url of nonce, tag, text>`. The key
 * is 32 bytes in base64; throws for any other.
 */
export function createSealing(secretKey: string): Sealing {
  const key = Buffer.from(secretKey, 'base64')
  if (key.length !== 32) throw new Error('PLINTH_SECRET_KEY must be 32 bytes in base64')
  return {
    seal(purpose, text) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`
    },
    open(purpose, sealed) {
      const [version, encoded = ''] = sealed.split('.')
      const bytes = Buffer.from(encoded, 'base64url')
      if (version !== 'v1' || bytes.length < nonceBytes + tagBytes) throw new Error('A sealed text is damaged')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8')
    },
  }
}
