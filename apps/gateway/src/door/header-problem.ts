const once = new Set([
  'authorization', 'host', 'content-length', 'transfer-encoding', 'x-csrf-token', 'cookie', 'origin', 'last-event-id',
]) // prettier-ignore

/** An authority as a URL has it, without a user (RFC 9110 section 7.2). */
const hostForm = /^(?:[\w.~%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
/** Clients of one platform send the same one ever again. */
let lastHost = ''

/** So many are more than any browser or proxy sends, and few enough that none of them is dropped unseen. */
export const fieldsMax = 100

/**
 * What is wrong with the header fields, or nothing. Node keeps the first of two `Authorization` fields and says
 * nothing; whoever stands before or behind us may keep the second, so a request with two has no one meaning. The same
 * holds for a transfer coding other than `chunked` (RFC 9112 section 6.1) and for a `Host` that none can be.
 */
export function headerProblem(rawHeaders: readonly string[]): string | undefined {
  let seen: string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = onceName(rawHeaders[at] ?? '')
    if (name === undefined) continue
    if (name === ambiguous) return `The header '${rawHeaders[at] ?? ''}' has an underscore.`
    if (seen === undefined) seen = [name]
    else if (seen.includes(name)) return `The header '${name}' was sent twice.`
    else seen.push(name)
    if (name === 'host' && !isHost(rawHeaders[at + 1] ?? '')) return 'The header `host` names no host.'
    if (name === 'transfer-encoding' && (rawHeaders[at + 1] ?? '').toLowerCase() !== 'chunked')
      return 'The body has a transfer coding other than `chunked`.'
  }
  return undefined
}

function isHost(value: string): boolean {
  if (value === lastHost) return true
  if (!hostForm.test(value)) return false
  lastHost = value
  return true
}

/** A field that some programs take for one that counts: `transfer_encoding`. */
const ambiguous = '_'

const spellingsMax = 1_000
const spellings = new Map<string, string | undefined>()

/** The field that may come only once, whatever its spelling. Remembered: clients send the same spellings ever again. */
function onceName(raw: string): string | undefined {
  const known = spellings.get(raw)
  if (known !== undefined || spellings.has(raw)) return known
  const lower = raw.toLowerCase()
  const name = once.has(lower) ? lower : once.has(lower.replaceAll('_', '-')) ? ambiguous : undefined
  if (spellings.size < spellingsMax) spellings.set(raw, name)
  return name
}
