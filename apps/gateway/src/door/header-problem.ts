const once = new Set(['authorization', 'host', 'content-length', 'x-csrf-token', 'cookie', 'origin', 'last-event-id'])

/**
 * What is wrong with the header fields, or nothing. Node keeps the first of two `Authorization` fields and says
 * nothing; whoever stands before or behind us may keep the second, so a request with two has no one meaning.
 */
export function headerProblem(rawHeaders: readonly string[]): string | undefined {
  let seen = 0
  let names: Set<string> | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (!once.has(name)) continue
    if (seen++ === 0) names = new Set()
    if (names?.has(name)) return `The header '${name}' was sent twice.`
    names?.add(name)
  }
  return undefined
}
