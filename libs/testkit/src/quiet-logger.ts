import type { Logger } from '@plinth/kernel'

const silence = (): void => undefined

/** Says nothing: what a test needs to know it asserts. */
export const quietLogger: Logger = {
  debug: silence,
  info: silence,
  warn: silence,
  error: silence,
  child: () => quietLogger,
}
