import { ConfigError, type Logger } from '@plinth/kernel'
import closeWithGrace from 'close-with-grace'
import { createLogger } from './logger.ts'

export type Running = { url?: string; close(): Promise<void>; logger?: Logger }

/** Longer than the service's own grace of 10 s, so that pools and connections close after it. */
const graceMs = 15_000

/**
 * The whole of a `main.ts`: starts, tells a parent process where it listens, and closes on SIGTERM, SIGINT or when
 * the parent is gone. A wrong configuration is printed as a list and ends with exit code 1; a second signal kills.
 */
export async function runService(main: () => Promise<Running>): Promise<void> {
  const fallback = createLogger({ service: 'start' })
  let running: Running
  try {
    running = await main()
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
    else fallback.error({ err: error }, 'the service did not start')
    process.exit(1)
  }
  const logger = running.logger ?? fallback
  const grace = closeWithGrace({ delay: graceMs, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) logger.error({ err }, 'an error that nobody caught ends the process')
    else logger.info({ signal }, 'closing')
    await running.close()
  })
  // Started by another process that died: nobody would ever stop this one.
  if (process.connected) process.once('disconnect', () => grace.close())
  process.send?.({ ready: true, url: running.url })
}
