import { randomInt } from 'node:crypto'

/** Of RFC 8628, section 6.1: no vowels, so no words; no digits, so nothing looks like anything else. 20^8 codes. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ'
const length = 8
const form = new RegExp(`^[${alphabet}]{${length}}$`)

export const newUserCode = (): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? '').join('')

/** `WDJBMJHT` as people read it: `WDJB-MJHT`. */
export const shownCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`

/** What somebody typed, however he spaced it; undefined where it can be no code. */
export function readCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replaceAll(/[^A-Z]/g, '')
  return form.test(code) ? code : undefined
}
