const lengthMax = 8_192

/** Anything but printable ASCII, and the four that a URL parser would read as something else than we do. */
const strange = /[^\x21-\x7e]|[\\#<>"^`{|}]/
/** What a path in its plain form never has: so almost all requests pass with this one test. */
const needsALook = /%|;|\/\/|\/\.{1,2}(?:\/|$)/
const unreserved = /[A-Za-z0-9._~-]/
const control = /[\u0000-\u001f\u007f-\u009f]/

/**
 * What is wrong with a request target, or nothing. Only paths with one possible reading pass: what two programs could
 * read as two paths (dot segments, encoded slashes, doubled slashes, parameters, double encoding, other than UTF-8) is
 * refused and never put right, so that what was decided on is byte by byte what is forwarded (RFC 3986 section 6.2,
 * CVE-2026-33808, CVE-2026-2880). The query is taken as it is: nothing is decided on it.
 */
export function targetProblem(target: string): string | undefined {
  if (!target.startsWith('/')) return 'it must be a path that begins with /, not a whole URL'
  if (target.length > lengthMax) return `it is longer than ${lengthMax} characters`
  if (target.includes('#')) return 'it has a fragment'
  const queryAt = target.indexOf('?')
  const path = queryAt === -1 ? target : target.slice(0, queryAt)
  if (strange.test(path)) return 'it has a character that must be percent-encoded, or that no path has'
  return needsALook.test(path) ? pathProblem(path) : undefined
}

function pathProblem(path: string): string | undefined {
  if (path.includes('//')) return 'it has an empty segment'
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return 'it has a dot segment'
  if (path.includes(';')) return 'it has path parameters'
  for (const [, hex = ''] of path.matchAll(/%(.{0,2})/g)) {
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) return 'its percent-encoding is broken'
    const problem = encodedProblem(String.fromCharCode(Number.parseInt(hex, 16)))
    if (problem !== undefined) return problem
  }
  try {
    return control.test(decodeURIComponent(path)) ? 'it has a control character' : undefined
  } catch {
    return 'it is not UTF-8'
  }
}

function encodedProblem(character: string): string | undefined {
  if (character === '/' || character === '\\') return 'it has an encoded slash'
  if (character === '.') return 'it has an encoded dot'
  if (character === '%') return 'it is encoded twice'
  if (character === ';') return 'it has path parameters'
  if (control.test(character) && character < '\u0080') return 'it has a control character'
  return unreserved.test(character) ? 'it encodes a character that needs no encoding' : undefined
}
