import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits that stay in the browser which begins a sign-in. */
export const newBrowserSecret = (): string => randomBytes(32).toString('base64url')

/**
 * What a sign-in with a provider needs of randomness (OpenID Connect Core 3.1.2.1, RFC 7636), all made from the secret
 * of the browser: 256 bits each, none of which tells another. Nothing of it has to be stored.
 */
export const secretsOf = (browserSecret: string): { state: string; nonce: string; codeVerifier: string } => ({
  state: derived(browserSecret, 'state'),
  nonce: derived(browserSecret, 'nonce'),
  codeVerifier: derived(browserSecret, 'code verifier'),
})

const derived = (secret: string, use: string): string =>
  createHmac('sha256', secret).update(`plinth sign-in ${use}`).digest('base64url')

/** Compares texts in a time that does not tell where they differ. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
