import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Verifies a token as a cloud or a vault would: by nothing but its issuer's discovery document and keys. */
const verify = `import { createPublicKey, verify } from 'node:crypto'
const [head, body, signature] = process.env.VAULT_TOKEN.split('.')
const read = (part) => JSON.parse(Buffer.from(part, 'base64url'))
const { kid, alg } = read(head)
const claims = read(body)
const get = async (url) => (await fetch(url)).json()
const { issuer, jwks_uri: keysAt } = await get(claims.iss + '/.well-known/openid-configuration')
const { keys } = await get(keysAt)
const key = createPublicKey({ key: keys.find((one) => one.kid === kid), format: 'jwk' })
const genuine = verify('sha256', Buffer.from(head + '.' + body), key, Buffer.from(signature, 'base64url'))
console.log('IDENTITY ' + JSON.stringify({ genuine, alg, issuer, ...claims }))
`

/** Adds a job that proves who it is to somebody who knows only the issuer. */
export function addIdentityJob(repository: string): void {
  mkdirSync(join(repository, 'scripts'), { recursive: true })
  writeFileSync(join(repository, 'scripts', 'identity.mjs'), verify)
  appendFileSync(
    join(repository, '.gitlab-ci.yml'),
    '\nidentity:\n  stage: check\n  id_tokens:\n    VAULT_TOKEN:\n      aud: https://vault.example\n  script:\n    - node scripts/identity.mjs\n',
  )
}

/** What such a job found out, from its log. */
export const identityIn = (log: string): unknown => JSON.parse(/IDENTITY (\{.*\})/.exec(log)?.[1] ?? 'null')
