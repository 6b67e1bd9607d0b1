import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { pause } from '@plinth/kernel'
import { readAnswers, type Answer } from './answers.ts'
import type { Place } from './target.ts'

/** Bytes to send, in latin1 where they are text, or how long to wait before more. */
export type Piece = string | Buffer | { readonly waitMs: number }

export type Heard = {
  readonly answers: readonly Answer[]
  /** Whether the other side ended the connection. */
  readonly isClosed: boolean
  readonly ms: number
}

export type ConverseOptions = {
  /** When to stop waiting; 6 s unless it says otherwise. */
  deadlineMs?: number
  /** Waits until the other side closes; else until it has answered and then been silent for a moment. */
  untilClosed?: boolean
}

const deadlineMsDefault = 6_000
/** After an answer, for a second one that nobody may send. */
const silenceMs = 120
const heardBytesMax = 262_144

/** A connection to the platform. */
export function dial({ host, port, isTls, localAddress }: Place): Socket {
  const from = localAddress === undefined ? {} : { localAddress }
  const options = { host, port, noDelay: true, ...from }
  return isTls ? connectTls({ ...options, servername: host }) : connectPlain(options)
}

/** Sends the pieces exactly as they are, one after the other, and hears what comes back. Never throws. */
export async function converse(
  place: Place,
  pieces: Iterable<Piece>,
  { deadlineMs = deadlineMsDefault, untilClosed = false }: ConverseOptions = {},
): Promise<Heard> {
  const startedMs = performance.now()
  const socket = dial(place)
  const over = new AbortController()
  let text = ''
  let isClosed = false
  let silence: NodeJS.Timeout | undefined
  const heard = Promise.withResolvers<void>()
  const deadline = setTimeout(heard.resolve, deadlineMs)
  socket.setEncoding('latin1').on('error', () => undefined)
  socket.on('data', (data) => {
    text += String(data)
    clearTimeout(silence)
    if (text.length > heardBytesMax) heard.resolve()
    else if (!untilClosed) silence = setTimeout(heard.resolve, silenceMs)
  })
  socket.on('close', () => {
    isClosed = true
    heard.resolve()
  })
  void send(socket, pieces, over.signal)
  await heard.promise
  const ms = performance.now() - startedMs
  over.abort()
  clearTimeout(deadline)
  clearTimeout(silence)
  socket.destroy()
  return { answers: readAnswers(text), isClosed, ms }
}

async function send(socket: Socket, pieces: Iterable<Piece>, signal: AbortSignal): Promise<void> {
  for (const piece of pieces) {
    if (signal.aborted || socket.destroyed) return
    if (typeof piece === 'string') socket.write(piece, 'latin1')
    else if (Buffer.isBuffer(piece)) socket.write(piece)
    else await pause(piece.waitMs, signal).catch(() => undefined)
    if (socket.writableNeedDrain) await drained(socket)
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
