import type { Readable } from 'node:stream'
import { failure } from '@plinth/contracts'

/** gitprotocol-common(5): four hex digits of length, themselves included; `0000` is a flush. */
export const flushPkt = '0000'

export function pktLine(payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

const bandBytesMax = 65_515

/** Data on a band of side-band-64k: 1 is the answer itself, 2 is text that git shows with `remote:`. */
export function sideBand(band: 1 | 2, data: Buffer): Buffer {
  const packets: Buffer[] = []
  for (let offset = 0; offset < data.length; offset += bandBytesMax) {
    packets.push(pktLine(Buffer.concat([Buffer.from([band]), data.subarray(offset, offset + bandBytesMax)])))
  }
  return Buffer.concat(packets)
}

export type RefCommand = { before: string; after: string; ref: string }
export type PushHead = {
  commands: RefCommand[]
  capabilities: string[]
  /** `shallow <id>` lines, kept as they came. */
  shallow: string[]
  /** What was read beyond the flush: the beginning of the pack. */
  rest: Buffer
}

const headBytesMax = 1024 * 1024
const commandsMax = 2_000
const malformed = (detail: string): Error =>
  failure('platform.request_invalid', { detail: `This is no push: ${detail}` })

/** Reads the commands at the head of a push (gitprotocol-pack(5)) and leaves the pack in the stream. */
export async function readPushHead(body: Readable): Promise<PushHead> {
  const reader = byteReader(body)
  const head: PushHead = { commands: [], capabilities: [], shallow: [], rest: Buffer.alloc(0) }
  let sizeBytes = 0
  for (;;) {
    const lengthText = (await reader.take(4)).toString('latin1')
    if (!/^[0-9a-fA-F]{4}$/.test(lengthText)) throw malformed('a packet does not begin with its length.')
    const length = Number.parseInt(lengthText, 16)
    if (length === 0) break
    sizeBytes += length
    if (length < 5 || sizeBytes > headBytesMax) throw malformed('a packet is too short, or there are too many.')
    readCommand(head, (await reader.take(length - 4)).toString('utf8'))
  }
  head.rest = reader.left()
  return head
}

function readCommand(head: PushHead, line: string): void {
  const [text = '', capabilities] = line.replace(/\n$/, '').split('\u0000')
  if (capabilities !== undefined && head.commands.length === 0)
    head.capabilities = capabilities.trim().split(' ').filter(Boolean)
  if (/^shallow [0-9a-f]{40}$/.test(text)) {
    head.shallow.push(text)
    return
  }
  const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (\S{1,500})$/.exec(text)
  const [, before, after, ref] = match ?? []
  if (before === undefined || after === undefined || ref === undefined)
    throw malformed('a command is not `<old> <new> <ref>`.')
  if (head.commands.some((command) => command.ref === ref)) throw malformed('a ref is named twice.')
  if (head.commands.push({ before, after, ref }) > commandsMax)
    throw malformed(`it moves more than ${commandsMax} refs at once.`)
}

/** The head again, for git: with `atomic`, so that of several refs all move or none. */
export function writePushHead({ commands, capabilities, shallow }: PushHead): Buffer {
  const wanted = [...new Set([...capabilities, 'atomic'])].join(' ')
  const lines = commands.map(({ before, after, ref }, index) =>
    pktLine(`${before} ${after} ${ref}${index === 0 ? `\u0000 ${wanted}` : ''}`),
  )
  return Buffer.concat([...shallow.map((line) => pktLine(line)), ...lines, Buffer.from(flushPkt)])
}

function byteReader(stream: Readable): { take(count: number): Promise<Buffer>; left(): Buffer } {
  let buffer = Buffer.alloc(0)
  return {
    async take(count) {
      while (buffer.length < count) buffer = Buffer.concat([buffer, await nextChunk(stream)])
      const taken = buffer.subarray(0, count)
      buffer = buffer.subarray(count)
      return taken
    },
    left: () => buffer,
  }
}

/** The next bytes of a stream, without ending it: what follows is read by somebody else. */
function nextChunk(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tell = (): void => {
      if (stream.errored) return settle(() => reject(stream.errored ?? malformed('it broke off.')))
      const chunk = stream.read() as Buffer | null
      if (chunk !== null) return settle(() => resolve(chunk))
      if (stream.readableEnded || stream.destroyed) settle(() => reject(malformed('it ends before its commands do.')))
    }
    const settle = (end: () => void): void => {
      for (const name of ['readable', 'end', 'error', 'close']) stream.off(name, tell)
      end()
    }
    for (const name of ['readable', 'end', 'error', 'close']) stream.on(name, tell)
    tell()
  })
}
