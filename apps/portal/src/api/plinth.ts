import { createClient, type Input as ClientInput, type StreamEvent } from '@plinth/client'
import type { OperationName, Operations, ResponseOf } from '@plinth/contracts'
import { become } from './connection.ts'
import { csrfToken, sessionEnded } from './csrf.ts'

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

/** For code that puts the input together out of parts of any operation. */
export const send = (operation: OperationName, input: object): Promise<unknown> =>
  methods[operation]?.(input) as Promise<unknown>

type Call = <Op extends OperationName>(operation: Op, input: Inputs[NoInfer<Op>]) => Promise<Answers[Op]>
type Follow = <Op extends OperationName>(operation: Op, input: Inputs[NoInfer<Op>]) => Streams[Op]

/** Calls an operation; throws PlinthError with the problem document of the answer. */
export const call = send as Call

/** Follows an operation that streams server-sent events until it ends or the signal aborts; resumes by itself. */
export const follow = ((operation: OperationName, input: object) => methods[operation]?.(input)) as Follow
