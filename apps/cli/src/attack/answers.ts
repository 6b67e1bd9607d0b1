/** One answer of HTTP/1.1 as it was heard. */
export type Answer = {
  readonly status: number
  /** Values by name in lower case. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

const endOfHead = '\r\n\r\n'

/**
 * The answers in what came on a connection, in latin1; the last one may be cut off. Interim answers (1xx) are among
 * them, so that nobody changes to another protocol unseen.
 */
export function readAnswers(text: string): Answer[] {
  const found: Answer[] = []
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(endOfHead, at)
    const head = text.slice(at, end === -1 ? text.length : end)
    const [line = '', ...lines] = head.split('\r\n')
    const status = Number(/^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(line)?.[1] ?? 0)
    const fields = fieldsOf(lines)
    if (end === -1 || status === 0) return [...found, { status, fields, body: text.slice(at) }]
    const [body, next] = bodyAt(text, end + endOfHead.length, fields, status)
    found.push({ status, fields, body })
    at = next
  }
  return found
}

/** The first value of a field. */
export const fieldOf = ({ fields }: Answer, name: string): string | undefined => fields.get(name)?.[0]

function fieldsOf(lines: readonly string[]): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  return fields
}

function bodyAt(
  text: string,
  at: number,
  fields: ReadonlyMap<string, readonly string[]>,
  status: number,
): [body: string, next: number] {
  if (status < 200 || status === 204 || status === 304) return ['', at]
  const length = Number(fields.get('content-length')?.[0] ?? -1)
  if (length >= 0) return [text.slice(at, at + length), at + length]
  if (fields.get('transfer-encoding') === undefined) return [text.slice(at), text.length]
  let body = ''
  for (let from = at; ;) {
    const end = text.indexOf('\r\n', from)
    const size = end === -1 ? Number.NaN : Number.parseInt(text.slice(from, end), 16)
    if (Number.isNaN(size)) return [body, text.length]
    if (size === 0) return [body, Math.min(text.length, end + 4)]
    body += text.slice(end + 2, end + 2 + size)
    from = end + 4 + size
  }
}
