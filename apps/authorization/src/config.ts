import { ConfigError, integer, readConfig, secret, text } from '@plinth/kernel'
import { baseSettings } from '@plinth/service'
import { isNetwork } from './outbound/addresses.ts'
import { isMistyped } from './tokens/secrets.ts'

export type Config = ReturnType<typeof loadConfig>

/** Throws ConfigError with every problem. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env) {
  const config = readConfig(
    {
      ...baseSettings({ port: 8081 }),
      /** Ed25519, PEM: signs access tokens. */
      signingPrivateKey: secret('PLINTH_SIGNING_PRIVATE_KEY'),
      /** 32 bytes, base64: what signing keys and the secrets of clients are encrypted with at rest. */
      secretKey: secret('PLINTH_SECRET_KEY'),
      /** Inner networks that may be called all the same, such as that of an identity provider: CIDR, by commas. */
      outboundNetworks: text('PLINTH_OUTBOUND_NETWORKS', { default: '' }),
      /** How often what the audit ledger holds is signed. */
      auditCheckpointSeconds: integer('PLINTH_AUDIT_CHECKPOINT_SECONDS', { default: 10, min: 1, max: 3_600 }),
      /** The administrator that is created while there are no users; without a password none is. */
      adminUsername: text('PLINTH_ADMIN_USERNAME', { default: 'admin' }),
      adminPassword: secret('PLINTH_ADMIN_PASSWORD', { default: '' }),
      /** The token by which the runner of this machine is known; without one there is no such runner. */
      runnerToken: secret('PLINTH_RUNNER_TOKEN', { default: '' }),
    },
    environment,
  )
  const problems: string[] = []
  if (!/^[a-z][a-z0-9._-]{0,38}[a-z0-9]$/.test(config.adminUsername))
    problems.push('PLINTH_ADMIN_USERNAME must be 2 to 40 lower-case letters, digits and . _ -')
  if (config.adminPassword !== '' && config.adminPassword.length < 12)
    problems.push('PLINTH_ADMIN_PASSWORD must have 12 characters or more')
  if (config.runnerToken !== '' && !/^plt_[A-Za-z0-9_-]{32,400}$/.test(config.runnerToken))
    problems.push('PLINTH_RUNNER_TOKEN must be plt_ and 32 or more letters, digits, _ and -')
  else if (isMistyped(config.runnerToken)) problems.push('PLINTH_RUNNER_TOKEN is mistyped: its checksum does not fit')
  for (const network of networksOf(config.outboundNetworks))
    if (!isNetwork(network)) problems.push(`PLINTH_OUTBOUND_NETWORKS: '${network}' is no network such as 10.0.0.0/8`)
  if (Buffer.from(config.secretKey, 'base64').length !== 32)
    problems.push('PLINTH_SECRET_KEY must be 32 bytes in base64')
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** The networks of a list by commas. */
export const networksOf = (list: string): string[] =>
  list
    .split(',')
    .map((network) => network.trim())
    .filter((network) => network !== '')
