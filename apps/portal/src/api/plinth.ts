import { createClient, type Input as ClientInput, PlinthError, type StreamEvent } from '@plinth/client'
import { type OperationName, type Operations, operations, type ResponseOf, type RouteSpec } from '@plinth/contracts'
import { become } from './connection.ts'
import { csrfToken, sessionEnded } from './csrf.ts'
import { viewedAs } from './view-as.ts'

type InputMap = { [Op in OperationName]: ClientInput<Operations[Op]> }
type AnswerMap = { [Op in OperationName]: ResponseOf<Operations[Op]> }
type StreamMap = { [Op in OperationName]: AsyncIterable<StreamEvent<ResponseOf<Operations[Op]>>> }

/**
 * Interfaces, because a mapped type that is indexed by "one of the operations" is computed anew from the union of all
 * of them, the product of the parts of 120, which is too much for the checker; an interface is looked up.
 */
interface Inputs extends InputMap {}
interface Answers extends AnswerMap {}
interface Streams extends StreamMap {}

export type Input<Op extends OperationName> = Inputs[Op]
export type Answer<Op extends OperationName> = Answers[Op]

/** The session lives in a cookie that scripts cannot read; an answer 401 means that it is over. */
const withSession: typeof fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  const isEventStream = url.pathname === '/events'
  try {
    const response = await fetch(url, { ...init, credentials: 'same-origin' })
    if (response.status === 401 && !url.pathname.startsWith('/auth/')) sessionEnded()
    if (isEventStream) become(response.ok ? 'live' : 'lost')
    return response
  } catch (error) {
    if (isEventStream && init?.signal?.aborted !== true) become('lost')
    throw error
  }
}

const client = createClient({
  baseUrl: location.origin,
  fetch: withSession,
  headers: () => (csrfToken() === '' ? {} : { 'x-csrf-token': csrfToken() }),
})

/** The same methods under one signature: a generic operation name cannot index the mapped type of the client. */
type Methods = Readonly<Record<string, (input: unknown) => unknown>>
const methods = client as unknown as Methods

/** Asked with a body, and changes nothing. */
const reading: ReadonlySet<OperationName> = new Set<OperationName>([
  'canI',
  'whoCan',
  'whatCan',
  'explainAccess',
  'validatePolicy',
  'convertPolicy',
  'impactOfChangeSet',
  'runPolicyTests',
  'openPortalSession',
  'closePortalSession',
])

/** Whoever looks as somebody else asks what that one may, and changes nothing. */
function asSeen(operation: OperationName, input: object): object {
  const subject = viewedAs()
  if (subject === undefined) return input
  if (operation === 'canI' && 'body' in input) return { ...input, body: { as: subject, ...(input.body as object) } }
  const { method }: RouteSpec = operations[operation]
  if (method === 'GET' || reading.has(operation)) return input
  throw new PlinthError({
    status: 403,
    code: 'portal.read_only',
    detail: `You look at the portal as ${subject}, so nothing is changed. Be yourself again to act.`,
  })
}

/** For code that puts the input together out of parts of any operation. */
export const send = async (operation: OperationName, input: object): Promise<unknown> =>
  methods[operation]?.(asSeen(operation, input))

type Call = <Op extends OperationName>(operation: Op, input: Inputs[NoInfer<Op>]) => Promise<Answers[Op]>
type Follow = <Op extends OperationName>(operation: Op, input: Inputs[NoInfer<Op>]) => Streams[Op]

/** Calls an operation; throws PlinthError with the problem document of the answer. */
export const call = send as Call

/** Follows an operation that streams server-sent events until it ends or the signal aborts; resumes by itself. */
export const follow = ((operation: OperationName, input: object) => methods[operation]?.(input)) as Follow
