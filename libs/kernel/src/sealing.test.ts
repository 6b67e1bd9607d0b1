import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSealing } from './sealing.ts'

describe('sealing', () => {
  const key = randomBytes(32).toString('base64')
  const { seal, open } = createSealing(key)
  it('opens what it sealed, for the same purpose only', () => {
    const sealed = seal('resource/a', 'secret')
    expect(open('resource/a', sealed)).toBe('secret')
    expect(() => open('resource/b', sealed)).toThrow()
    expect(sealed).not.toContain(Buffer.from('secret').toString('base64url'))
  })
  it('refuses what was changed, cut or sealed with another key', () => {
    const sealed = seal('p', 'secret')
    expect(() => open('p', `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`)).toThrow()
    expect(() => open('p', sealed.slice(0, 20))).toThrow()
    expect(() => createSealing(randomBytes(32).toString('base64')).open('p', sealed)).toThrow()
  })
  it('never makes the same text twice', () => expect(seal('p', 'x')).not.toBe(seal('p', 'x')))
  it('wants a key of 32 bytes', () => expect(() => createSealing('c2hvcnQ=')).toThrow(/32 bytes/))
})
