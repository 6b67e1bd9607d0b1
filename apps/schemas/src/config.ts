import { readConfig } from '@plinth/kernel'
import { baseSettings } from '@plinth/service'

export type Config = ReturnType<typeof loadConfig>

/** Throws ConfigError with every problem. */
export const loadConfig = (environment: NodeJS.ProcessEnv = process.env) =>
  readConfig(baseSettings({ port: 8084 }), environment)
