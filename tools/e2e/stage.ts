import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPlatform, type Platform } from '../platform/platform.ts'
import { freePort } from '../platform/ports.ts'

export type Stage = { platform: Platform; close(): Promise<void> }

/** The whole platform on free ports with a home of its own, for tests and benchmarks. `PLINTH_KEEP=1` keeps its logs. */
export async function openStage(): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'plinth-home-'))
  const [port, edgePort] = [await freePort(), await freePort()]
  const forget = (): void => {
    if (process.env['PLINTH_KEEP'] === '1') process.stdout.write(`kept: ${home}\n`)
    else rmSync(home, { recursive: true, force: true })
  }
  try {
    const platform = await startPlatform({ home, port, edgePort, durable: false })
    return {
      platform,
      close: async () => {
        await platform.stop()
        forget()
      },
    }
  } catch (error) {
    forget()
    throw error
  }
}

/** Waits until `look` gives something; `what` says what was waited for when it never does. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  let last: unknown
  for (
    const deadline = Date.now() + timeoutMs;
    Date.now() < deadline;
    await new Promise((resolve) => setTimeout(resolve, 100))
  ) {
    try {
      const found = await look()
      if (found !== undefined) return found
    } catch (error) {
      last = error
    }
  }
  throw new Error(
    `Waited ${timeoutMs / 1000} s in vain for ${what}${last instanceof Error ? `; last: ${last.message}` : ''}`,
  )
}
