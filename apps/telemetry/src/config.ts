import { readConfig, secret, text } from '@plinth/kernel'
import { baseSettings } from '@plinth/service'

export type Config = ReturnType<typeof loadConfig>

/** Throws ConfigError with every problem. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env) {
  const { host, port, logLevel, identityPublicKey, otlpUrl, natsUrl, natsUser, natsPassword } = baseSettings({
    port: 8086,
  })
  // A secret, because a password may be part of it.
  const clickhouseUrl = secret('PLINTH_CLICKHOUSE_URL', { default: '' })
  return readConfig(
    {
      host, port, logLevel, identityPublicKey, otlpUrl, natsUrl, natsUser, natsPassword, clickhouseUrl,
      dataDir: text('PLINTH_DATA_DIR'),
    }, // prettier-ignore
    environment,
  )
}
