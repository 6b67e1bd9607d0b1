const once = new Set(['authorization', 'host', 'content-length', 'x-csrf-token', 'cookie', 'origin', 'last-event-id'])

/**
 * What is wrong with the header fields, or nothing. Node keeps the first of two `Authorization` fields and says
 * nothing; whoever stands before or behind us may keep the second, so a request with two has no one meaning.
 */
export function headerProblem(rawHeaders: readonly string[]): string | undefined {
  let seen: string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = onceName(rawHeaders[at] ?? '')
    if (name === undefined) continue
    if (seen === undefined) seen = [name]
    else if (seen.includes(name)) return `The header '${name}' was sent twice.`
    else seen.push(name)
  }
  return undefined
}

const spellingsMax = 1_000
const spellings = new Map<string, string | undefined>()

/** The field that may come only once, whatever its spelling. Remembered: clients send the same spellings ever again. */
function onceName(raw: string): string | undefined {
  const known = spellings.get(raw)
  if (known !== undefined || spellings.has(raw)) return known
  const lower = raw.toLowerCase()
  const name = once.has(lower) ? lower : undefined
  if (spellings.size < spellingsMax) spellings.set(raw, name)
  return name
}
