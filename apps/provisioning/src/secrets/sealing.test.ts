import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { databaseName } from '../drivers/names.ts'
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

describe('names in PostgreSQL', () => {
  const ref = { project: 'payments', environment: 'production', workload: 'ledger', resource: 'database' }
  it('are the same each time, and at most 63 bytes', () => {
    expect(databaseName(ref)).toBe(databaseName({ ...ref }))
    expect(
      databaseName({
        project: 'p'.repeat(40),
        environment: 'e'.repeat(40),
        workload: 'w'.repeat(40),
        resource: 'r'.repeat(63),
      }).length,
    ).toBe(63)
  })
  it('differ where only the borders between their parts do', () => {
    const names = [
      ref,
      { ...ref, project: 'payments-production', environment: 'x' },
      { ...ref, workload: 'ledger-database', resource: 'x' },
      { ...ref, workload: 'ledger_database' },
    ].map(databaseName)
    expect(new Set(names).size).toBe(names.length)
  })
})
