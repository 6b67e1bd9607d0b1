import type { Json, JsonMap } from '../../json-text.ts'
import type { Conjunction } from './conjunction.ts'

/** Why a reader's schema doesn't take all that is written; paths start at the pair that was compared. */
export type Problem = {
  readonly rule: string
  readonly path: string
  readonly writerPath: string
  readonly message: string
  readonly edit: string
}

export type Search = {
  /** What of the reader's schema is not proven to take everything that is written. */
  demand(reader: Json, writer: Conjunction): readonly Problem[]
  /** The same for a property or an item of what `demand` is being asked about. */
  inside(reader: Json, writer: Conjunction): readonly Problem[]
  /** Whether it is proven that there is no such payload. */
  isEmpty(writer: Conjunction): boolean
  isEmptyInside(writer: Conjunction): boolean
}

/** What one keyword, or a few that belong together, demand of everything that is written. */
export type Rule = (reader: JsonMap, writer: Conjunction, search: Search) => readonly Problem[]

export const problem = (rule: string, path: string, message: string, edit: string, writerPath = path): Problem => ({
  rule,
  path,
  writerPath,
  message,
  edit,
})

export const under = (problems: readonly Problem[], path: string, writerPath = path): readonly Problem[] =>
  problems.map((one) => ({ ...one, path: path + one.path, writerPath: writerPath + one.writerPath }))

export const short = (value: Json | undefined): string => JSON.stringify(value ?? null).slice(0, 120)

export const tooComplex = problem(
  'TOO_COMPLEX',
  '',
  'the two can not be compared within the limits',
  'make the schema simpler, or judge this subject as STRICT',
)
