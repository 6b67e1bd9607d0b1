import { fieldOf, type Answer } from './answers.ts'
import type { Heard } from './wire.ts'

/** How an attack must be answered. */
export type Expectation = {
  /** The statuses that are a refusal, `0` for a connection that is closed without a word. */
  readonly statuses: readonly number[]
  /** The code of the problem document, where only one is right. */
  readonly code?: string
  /** What is sent to whoever asks rightly is in no refusal, nor is this. */
  readonly never?: RegExp
  /** Within how long; as long as is waited for unless it says otherwise. */
  readonly withinMs?: number
  readonly deadlineMs?: number
  readonly untilClosed?: boolean
  /** Anything else that must hold of the answer; what is wrong with it in words. */
  readonly also?: (answer: Answer) => string | undefined
}

/** SQL, stacks and the insides of the process: no answer tells them, whatever was asked. */
const inside =
  /\bselect\s.+\sfrom\s|insert into|violates .+ constraint|syntax error at|\bat (?:async )?(?:Object|new |file:|node:)|node_modules|\.ts:\d+|ECONNREFUSED|UnhandledPromise/i

/** What is wrong with what was heard, or nothing. */
export function judge(heard: Heard, expectation: Expectation): string | undefined {
  const { statuses, withinMs, code, never, also } = expectation
  const answers = heard.answers.filter(({ status }) => status >= 200 || status === 0)
  const [answer] = answers
  const wanted = statuses.map((status) => (status === 0 ? 'closed' : String(status))).join(' or ')
  if (withinMs !== undefined && heard.ms > withinMs) return `took ${(heard.ms / 1_000).toFixed(1)} s`
  if (heard.answers.some(({ status }) => status === 101)) return 'changed to another protocol'
  if (answer === undefined) {
    const isRefusal = heard.isClosed && statuses.includes(0)
    return isRefusal ? undefined : heard.isClosed ? `closed without a word, not ${wanted}` : `no answer, not ${wanted}`
  }
  if (answers.length > 1)
    return `answered ${answers.length} requests: ${answers.map(({ status }) => status).join(', ')}`
  if (!statuses.includes(answer.status))
    return `answered ${answer.status} (${codeOf(answer) ?? 'no problem document'}), not ${wanted}`
  if (inside.test(answer.body)) return 'tells what is inside'
  if (never?.test(answer.body)) return 'tells what it must not'
  if (code !== undefined && codeOf(answer) !== code) return `has the code ${codeOf(answer) ?? 'of nobody'}, not ${code}`
  return also?.(answer)
}

/** The code of a problem document. */
export function codeOf({ body }: Answer): string | undefined {
  try {
    const { code } = JSON.parse(body) as { code?: unknown }
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}

/** What is wrong where a field is there that must not be. */
export const without =
  (...names: readonly string[]) =>
  (answer: Answer): string | undefined => {
    const there = names.find((name) => answer.fields.has(name))
    return there && `has the header ${there}`
  }

/** What is wrong where a field is not there, or not of its form. */
export const having =
  (name: string, form: RegExp) =>
  (answer: Answer): string | undefined => {
    const value = fieldOf(answer, name)
    return value !== undefined && form.test(value) ? undefined : `has ${name}: ${value ?? 'nothing'}`
  }
