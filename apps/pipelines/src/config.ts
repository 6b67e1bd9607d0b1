import { integer, readConfig, text } from '@plinth/kernel'
import { baseSettings } from '@plinth/service'

const settings = {
  ...baseSettings({ port: 8085 }),
  /** Where artifacts are kept; a folder of this service's own. */
  dataDir: text('PLINTH_DATA_DIR'),
  artifactDays: integer('PLINTH_ARTIFACT_DAYS', { default: 30, min: 1, max: 3_650 }),
  /** What is not used for so long is removed; and how much a project may keep, of each trust. */
  cacheDays: integer('PLINTH_CACHE_DAYS', { default: 14, min: 1, max: 365 }),
  cacheMib: integer('PLINTH_CACHE_PROJECT_MIB', { default: 10_240, min: 1, max: 10_485_760 }),
  /** An attempt whose runner says nothing for this long is given up. */
  silenceMs: integer('PLINTH_JOB_SILENCE_MS', { default: 10_000, min: 100, max: 3_600_000 }),
}

export const readSettings = (environment?: Readonly<Record<string, string | undefined>>) =>
  readConfig(settings, environment)
export type PipelinesConfig = ReturnType<typeof readSettings>
