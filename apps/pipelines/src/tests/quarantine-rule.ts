import type { ReportCase } from '../reports/report-case.ts'
import { testKey } from './identity.ts'

type Ended = {
  outcome: string
  exitCode: number | undefined
  cases: readonly ReportCase[]
  /** Of reports that could not be read. */
  problems: readonly string[]
  script: readonly string[]
}

/** From here on shells tell that a command could not run or was ended by a signal. */
const exitCodesMax = 125
/** What makes several commands of one line; a test command alone has none of it. */
const severalCommands = /[;&|\n]|\$\(|`/

/**
 * The keys of the tests that the job failed for, where it failed for tests alone; undefined where it may have failed for
 * anything else. That is: the script itself failed, with an exit code of a program's own; all its reports could be read;
 * and the last entry of the script is one single command, so that nothing is left out when it is let pass.
 */
export function failedTests({ outcome, exitCode, cases, problems, script }: Ended): ReadonlySet<string> | undefined {
  const command = script.at(-1)?.trim()
  if (outcome !== 'failed' || exitCode === undefined || exitCode < 1 || exitCode > exitCodesMax) return undefined
  if (problems.length > 0 || cases.some((each) => each.unread)) return undefined
  if (command === undefined || severalCommands.test(command)) return undefined
  const failed = cases.filter(({ status }) => status === 'failed' || status === 'error')
  return failed.length === 0 ? undefined : new Set(failed.map(testKey))
}

/** How the runner shows a command in the log before it runs it (and GitLab's does the same). */
const shownLine = (command: string): string => `\u001b[32;1m$ ${command}\u001b[0;m\n`

/**
 * Whether the log of the attempt shows that the last command of the script was begun: it was shown as often as the
 * script has it.
 */
export function reachedLast(log: string, script: readonly string[]): boolean {
  const last = script.at(-1)?.trimEnd() ?? ''
  const wanted = script.filter((command) => command.trimEnd() === last).length
  return log.split(shownLine(last)).length - 1 >= wanted
}
