import type { Rule } from '../rule.ts'

/** Transactions, time limits, and the order of files. */
export const transactionRules: readonly Rule[] = [
  {
    id: 'ban-concurrent-index-creation-in-transaction',
    also: ['PG103'],
    severity: 'error',
    final: true,
    what: 'CONCURRENTLY knows no transaction, and the runner makes one of each file',
    remedy: 'Put it into a file of its own that begins with `-- plinth:no-transaction`.',
    check: (change, { inTransaction }) =>
      'concurrent' in change && change.concurrent && inTransaction
        ? `\`${change.do} concurrently\` in a transaction fails.`
        : undefined,
  },
  {
    id: 'transaction-nesting',
    severity: 'error',
    final: true,
    what: 'The runner makes a transaction of each file: BEGIN and COMMIT of its own would end it early',
    remedy: 'Leave BEGIN, COMMIT and ROLLBACK out.',
    check: (change) =>
      ['begin', 'commit', 'rollback'].includes(change.do)
        ? `\`${change.do}\` inside the transaction of the file.`
        : undefined,
  },
  {
    id: 'ban-uncommitted-transaction',
    severity: 'error',
    final: true,
    what: 'A BEGIN without its COMMIT is rolled back when the connection ends',
    remedy: 'Leave BEGIN out, or end what it began.',
  },
  {
    id: 'require-lock-timeout',
    also: ['require-timeout-settings'],
    severity: 'off',
    what: 'A statement that waits for its lock keeps all that come after it waiting too (the runner sets a limit anyway)',
    remedy: "SET LOCAL lock_timeout = '5s' before it.",
    check: (change, { before, isNew }) =>
      'table' in change && change.do !== 'create table' && !isNew(change.table) && !isSet('lock_timeout', before)
        ? `No lock_timeout before \`${change.do}\` of ${change.table}.`
        : undefined,
  },
  {
    id: 'require-statement-timeout',
    also: ['require-timeout-settings'],
    severity: 'off',
    what: 'A statement without a limit may hold its locks for hours (the runner sets a limit anyway)',
    remedy: "SET LOCAL statement_timeout = '60s' before it.",
    check: (change, { before, isNew }) =>
      'table' in change && change.do !== 'create table' && !isNew(change.table) && !isSet('statement_timeout', before)
        ? `No statement_timeout before \`${change.do}\` of ${change.table}.`
        : undefined,
  },
  {
    id: 'non-linear-history',
    severity: 'error',
    final: true,
    what: 'A file with a lower number than one that was applied changes what is history elsewhere',
    remedy: 'Give it the next free number.',
  },
  {
    id: 'unused-ignore',
    severity: 'warning',
    what: 'An ignore comment that hides nothing, or names a rule that there is not',
    remedy: 'Remove it, or mend the name of the rule.',
  },
  {
    id: 'ignore-without-reason',
    severity: 'error',
    what: 'Who ignores a rule says why',
    remedy: 'Write `-- plinth-ignore rule: why`.',
  },
]

const isSet = (name: string, before: readonly { do: string; name?: unknown }[]): boolean =>
  before.some((change) => change.do === 'set' && change.name === name)
