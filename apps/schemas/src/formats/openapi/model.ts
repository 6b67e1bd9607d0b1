import type { JsonMap } from '../json-text.ts'
import type { Side } from '../api/judge.ts'

export type Parameter = {
  readonly name: string
  readonly in: string
  /** Those in the path are known by their order, since a client never writes their names. */
  readonly identity: string
  readonly at: string
  readonly required: boolean
  /** `style` and `explode`, and the media type where it has one: how values become text. */
  readonly writing: string
  /** What its schema is called among the places. */
  readonly key: string
}
export type Content = { readonly at: string; readonly types: ReadonlyMap<string, string> }
export type Body = Content & { readonly required: boolean }
export type Header = { readonly name: string; readonly at: string; readonly required: boolean; readonly key: string }
export type Answer = Content & { readonly status: string; readonly headers: readonly Header[] }
/** One way to be let in: each scheme with its scopes. */
export type Access = ReadonlyMap<string, ReadonlySet<string>>

export type Operation = {
  /** `GET /pets/{}`: two that differ in this are two operations. */
  readonly key: string
  readonly method: string
  readonly path: string
  readonly at: string
  readonly id?: string
  /** Called by the API at its clients; everything about it goes the other way. */
  readonly webhook: boolean
  readonly parameters: readonly Parameter[]
  readonly body?: Body
  readonly answers: ReadonlyMap<string, Answer>
  /** Empty where nothing is asked for. */
  readonly access: readonly Access[]
}

export type Api = {
  readonly own: JsonMap
  readonly root: JsonMap
  readonly operations: ReadonlyMap<string, Operation>
  /** What clients send, and what they are answered; of webhooks, the other way round. */
  readonly sent: Side
  readonly answered: Side
  readonly named: Side
}

/** The answer that describes a status: itself, its range, or the rest. */
export const answerOf = (answers: ReadonlyMap<string, Answer>, status: string): Answer | undefined =>
  answers.get(status) ?? answers.get(`${status[0]}XX`) ?? answers.get('DEFAULT')

/** What an operation's requests and answers are checked with: those of webhooks go the other way. */
export const sidesOf = ({ sent, answered }: Api, { webhook }: Operation): { request: Side; answer: Side } =>
  webhook ? { request: answered, answer: sent } : { request: sent, answer: answered }

/** The schema of a media type: its own, or that of the wildcard that it falls under. */
export const typeOf = (types: ReadonlyMap<string, string>, type: string): string | undefined =>
  types.get(type) ?? types.get(type.split(';')[0] ?? '') ?? types.get(`${type.split('/')[0]}/*`) ?? types.get('*/*')
