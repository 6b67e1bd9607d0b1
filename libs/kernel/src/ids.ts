const alphabet = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base32, lower case: no i, l, o, u

/** Prefixes say what an id names, so that a wrong id is seen at a glance in a log. */
export type IdKind =
  | 'usr'
  | 'ses'
  | 'tok'
  | 'bnd'
  | 'pol'
  | 'aud'
  | 'prj'
  | 'env'
  | 'cmp'
  | 'opn'
  | 'wkl'
  | 'dep'
  | 'res'
  | 'rep'
  | 'crq'
  | 'app'
  | 'syn'
  | 'rel'
  | 'pip'
  | 'job'
  | 'art'
  | 'cch'
  | 'sub'
  | 'ver'
  | 'evt'
  | 'req'
  | 'run'
  | 'ddl'
  | 'acr'
  | 'con'
  | 'frz'
  | 'chs'
  | 'whk'
  | 'dlv'
  | 'ovr'
  | 'mig'
  | 'rvw'
  | 'tst'
  | 'qtn'

export type Id<Kind extends IdKind> = `${Kind}_${string}`

/**
 * A new id, `<kind>_<26 characters>`: 48 bits of milliseconds, then 80 random bits (the ULID layout), so ids of
 * one kind sort by the time they were made, and nobody can guess the next.
 */
export function newId<Kind extends IdKind>(kind: Kind, nowMs: number = Date.now()): Id<Kind> {
  let time = ''
  let rest = nowMs
  for (let index = 0; index < 10; index++) {
    time = (alphabet[rest % 32] ?? '0') + time
    rest = Math.floor(rest / 32)
  }
  let random = ''
  // The web's crypto and not node:crypto: contracts, and with them this file, also run in browsers.
  for (const byte of globalThis.crypto.getRandomValues(new Uint8Array(16))) random += alphabet[byte & 31] ?? '0'
  return `${kind}_${time}${random}`
}
