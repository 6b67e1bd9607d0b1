import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Home } from './home.ts'

/** What an embedded platform keeps secret; made once, at its first start, never a default. */
export type Secrets = {
  adminPassword: string
  /** Of the PostgreSQL superuser and of each service's role. */
  postgres: Record<string, string>
  /** Of each service's broker user. */
  nats: Record<string, string>
  identityPrivateKey: string
  identityPublicKey: string
  signingPrivateKey: string
  /** 32 bytes, base64: encrypts credentials at rest. */
  secretKey: string
  runnerToken: string
}

const password = (): string => randomBytes(18).toString('base64url')

function make(names: readonly string[]): Secrets {
  const pem = (): { publicKey: string; privateKey: string } =>
    generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
  const identity = pem()
  const each = (): Record<string, string> => Object.fromEntries(names.map((name) => [name, password()]))
  return {
    adminPassword: password(),
    postgres: { superuser: password(), ...each() },
    nats: each(),
    identityPrivateKey: identity.privateKey,
    identityPublicKey: identity.publicKey,
    signingPrivateKey: pem().privateKey,
    secretKey: randomBytes(32).toString('base64'),
    runnerToken: `plt_${randomBytes(30).toString('base64url')}`,
  }
}

/** The key of a service other than provisioning, which has the one that is kept: what one service sealed no other opens. */
export const secretKeyOf = ({ secretKey }: Secrets, service: string): string =>
  createHmac('sha256', Buffer.from(secretKey, 'base64')).update(service).digest('base64')

/** Writes a file that only its owner reads, whole or not at all. */
export function writePrivate(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export function openSecrets(home: Home, names: readonly string[]): Secrets {
  const path = home.file('secrets.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Secrets
  const secrets = make(names)
  writePrivate(path, JSON.stringify(secrets, null, 2))
  return secrets
}
