import type { Target } from './target.ts'
import type { Piece } from './wire.ts'
import type { Expectation } from './verdict.ts'

/** What attacks are about, in the order in which the scorecard shows them. */
export const categories = {
  paths: 'Paths',
  headers: 'Headers',
  tokens: 'Tokens',
  smuggling: 'Smuggling',
  bodies: 'Bodies',
  slow: 'Slow and large',
  streams: 'Streams',
  origins: 'CSRF and origins',
  limits: 'Limits',
  leaks: 'Information leaks',
} as const
export type Category = keyof typeof categories

/** One attack. None changes anything: what one would write is refused, or asks for nothing but an answer. */
export type Attack = {
  readonly category: Category
  /** What is sent, as a noun. */
  readonly name: string
  /** Where it is known from: a CVE, an advisory, or the section of a standard that forbids it. */
  readonly reference: string
  /** Makes the attack; what is wrong with how it was answered, or nothing where it was refused as it must be. */
  readonly attempt: (target: Target) => Promise<string | undefined>
}

/** An attack that is one text on one connection. */
export type Row = readonly [
  name: string,
  reference: string,
  pieces: readonly Piece[] | string,
  expectation: Expectation,
]
