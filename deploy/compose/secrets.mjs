// Makes what must not be a default: passwords, keys and tokens, each process's in a file of its own that only you read.
// `npx node deploy/compose/secrets.mjs` once, after `npm install --no-save` (Node 24: it reads the platform's own TypeScript). A second
// run keeps the secrets and writes the files again.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { natsServerConfig } from '@plinth/bus'
import { services } from '@plinth/contracts'
import { openSecrets, secretKeyOf, writePrivate } from '../../tools/platform/secrets.ts'
import { databaseRole, provisionerRole, withDatabase } from '../../tools/platform/services.ts'

const dir = process.env['PLINTH_SECRETS_DIR'] ?? join(import.meta.dirname, 'secrets')
mkdirSync(dir, { recursive: true, mode: 0o700 })
const names = [...services, 'runner']
const secrets = openSecrets({ file: (name) => join(dir, name) }, [...names, 'provisioner'])

/** Compose reads `\n` within double quotes as a line's end, which PEM has. */
const line = ([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"\n`
const write = (file, entries) => writePrivate(join(dir, file), Object.entries(entries).map(line).join(''))
const databaseUrl = (role, password, database = role) =>
  `postgresql://${role}:${encodeURIComponent(password)}@postgres:5432/${database}`

const own = {
  gateway: { PLINTH_IDENTITY_PRIVATE_KEY: secrets.identityPrivateKey },
  authorization: {
    PLINTH_SECRET_KEY: secretKeyOf(secrets, 'authorization'),
    PLINTH_SIGNING_PRIVATE_KEY: secrets.signingPrivateKey,
    PLINTH_ADMIN_PASSWORD: secrets.adminPassword,
    PLINTH_RUNNER_TOKEN: secrets.runnerToken,
  },
  provisioning: {
    PLINTH_SECRET_KEY: secrets.secretKey,
    PLINTH_POSTGRES_ADMIN_URL: databaseUrl(provisionerRole, secrets.postgres.provisioner, 'postgres'),
  },
  runner: { PLINTH_RUNNER_TOKEN: secrets.runnerToken },
}
for (const name of names) {
  write(`${name}.env`, {
    PLINTH_NATS_PASSWORD: secrets.nats[name],
    ...(name !== 'runner' && name !== 'gateway' && { PLINTH_IDENTITY_PUBLIC_KEY: secrets.identityPublicKey }),
    ...(withDatabase.includes(name) && {
      PLINTH_DATABASE_URL: databaseUrl(databaseRole(name), secrets.postgres[name]),
    }),
    ...own[name],
  })
}
write('postgres.env', {
  POSTGRES_PASSWORD: secrets.postgres.superuser,
  PLINTH_PROVISIONER_PASSWORD: secrets.postgres.provisioner,
  ...Object.fromEntries(withDatabase.map((name) => [`PLINTH_${name.toUpperCase()}_PASSWORD`, secrets.postgres[name]])),
})
writePrivate(
  join(dir, 'nats-server.conf'),
  natsServerConfig({
    host: '0.0.0.0',
    port: 4222,
    storeDir: '/data',
    maxFileStoreBytes: 4 * 1024 ** 3,
    monitorPort: 8222,
    users: names.map((user) => ({ user, password: secrets.nats[user] })),
  }),
)
process.stdout.write(
  `The secrets are in ${dir}; the administrator's password is \`adminPassword\` in secrets.json there.\n`,
)
