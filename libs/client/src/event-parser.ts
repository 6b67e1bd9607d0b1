export type RawEvent = { id: string | undefined; event: string; data: string }
export type EventParser = { push(chunk: string): RawEvent[]; retryMs(): number | undefined }

/** One event may be this long; a server that never ends a line would otherwise fill the memory. */
const lengthMax = 8 * 1024 * 1024

/** A parser of `text/event-stream` (WHATWG HTML section 9.2.6), fed with chunks that may end anywhere. */
export function eventParser(): EventParser {
  let rest = ''
  let afterReturn = false
  let retry: number | undefined
  let lines: string[] = []
  let length = 0
  return {
    retryMs: () => retry,
    push: (chunk) => {
      const events: RawEvent[] = []
      // A line may end with CR LF, and the chunk between the two.
      const text = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
      if (chunk !== '') afterReturn = chunk.endsWith('\r')
      const parts = (rest + text).split(/\r\n|\n|\r/)
      rest = parts.pop() ?? ''
      for (const line of parts) {
        if (line !== '') {
          lines.push(line)
          length += line.length
          continue
        }
        const event = eventOf(lines, (ms) => (retry = ms))
        if (event !== undefined) events.push(event)
        lines = []
        length = 0
      }
      if (length + rest.length > lengthMax) throw new RangeError('an event of the stream is longer than 8 MiB')
      return events
    },
  }
}

function eventOf(lines: readonly string[], onRetry: (ms: number) => void): RawEvent | undefined {
  const data: string[] = []
  let id: string | undefined
  let event = 'message'
  for (const line of lines) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
  }
  return data.length === 0 ? undefined : { id, event, data: data.join('\n') }
}
