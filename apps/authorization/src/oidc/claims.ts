import { failure } from '@plinth/contracts'

export type Claims = Readonly<Record<string, unknown>>

const usernameForm = /^[a-z][a-z0-9._-]{0,38}[a-z0-9]$/
/** What no line of text for people may hold: control characters, and those that turn its direction. */
const unseemly = /[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const displayNameMax = 120
const groupsMax = 1_000

/**
 * The name that a user of a provider gets here, from the claim that names him: in lower case, and of an address the
 * part before `@`. Throws authorization.sign_in_refused where it can't be one.
 */
export function usernameOf(claims: Claims, claim: string): string {
  const value = claims[claim]
  if (typeof value !== 'string' || value === '')
    throw refused(`The provider said nothing in the claim '${claim}', which names you here.`)
  if (claim === 'email' && claims['email_verified'] === false)
    throw refused('The provider has not verified the address by which you would be known here.')
  const name = (value.split('@')[0] ?? '').toLowerCase()
  if (!usernameForm.test(name))
    throw refused(`What the claim '${claim}' says can be no user name here: 2 to 40 letters, digits and . _ -`)
  return name
}

export function displayNameOf(claims: Claims): string | undefined {
  const { name } = claims
  if (typeof name !== 'string') return undefined
  const shown = name.replaceAll(unseemly, '').trim().slice(0, displayNameMax)
  return shown === '' ? undefined : shown
}

/** Our groups that a provider's claim stands for. A claim that is missing, empty or of another form gives none. */
export function groupsOf(claims: Claims, claim: string | null, mapping: Readonly<Record<string, string>>): string[] {
  const value = claim === null ? undefined : claims[claim]
  const theirs = typeof value === 'string' ? [value] : Array.isArray(value) ? value.slice(0, groupsMax) : []
  const ours = theirs.flatMap((group: unknown) => {
    const mapped = typeof group === 'string' && Object.hasOwn(mapping, group) ? mapping[group] : undefined
    return mapped === undefined ? [] : [mapped]
  })
  return [...new Set(ours)].sort()
}

const refused = (detail: string) => failure('authorization.sign_in_refused', { detail })
