import { describe, expect, it } from 'vitest'
import { databaseName } from './names.ts'

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
