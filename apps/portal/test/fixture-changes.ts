import { ago, type Answer, commits, day, hour, minute, newest, older, sha } from './fixture-data.ts'

export type Change = Answer<'getPromotion'>

export const diff = `diff --git a/src/entries.ts b/src/entries.ts
index 1c0d2f1..9be2a10 100644
--- a/src/entries.ts
+++ b/src/entries.ts
@@ -12,7 +12,9 @@ export const postEntry = async (db: Db, entry: Entry) => {
   const account = await accountOf(db, entry.account)
   if (!account) throw notFound('account', entry.account)
-  await insert(db, entry)
+  if (entry.amount < 0) throw invalid('amount', 'An amount is positive; a refund is a payment of its own')
+  await insert(db, entry)
+  await publish(entryRecorded, entry)
   return entry
 }
 
diff --git a/test/entries.test.ts b/test/entries.test.ts
new file mode 100644
--- /dev/null
+++ b/test/entries.test.ts
@@ -0,0 +1,5 @@
+import { test } from 'node:test'
+
+test('an amount below zero is refused, and nothing is written', async () => {
+  await refuses({ amount: -1 })
+})
diff --git a/docs/line.png b/docs/line.png
index 2f1..3a2 100644
Binary files a/docs/line.png and b/docs/line.png differ
`

const change = (number: number, more: Partial<Change>): Change => ({
  project: 'payments',
  number,
  kind: 'promotion',
  title: `Promote ledger to production`,
  description: '',
  author: 'user:dev',
  state: 'open',
  repository: 'ledger',
  component: 'ledger',
  environment: 'production',
  fromRevision: older,
  toRevision: newest,
  approvals: [],
  createdAt: ago(12 * minute),
  diff,
  diffTruncated: false,
  commits: commits.slice(0, 1),
  plan: [
    {
      action: 'update',
      kind: 'workload',
      name: 'ledger',
      summary: 'Replaces 2 replicas one after the other',
      fields: [
        { path: 'revision', before: older.slice(0, 7), after: newest.slice(0, 7) },
        { path: 'env.LOG_LEVEL', before: 'info', after: 'warn' },
      ],
    },
    { action: 'none', kind: 'postgres', name: 'ledger-db', summary: 'Stays as it is', fields: [] },
  ],
  gate: { allowed: true, reasons: [] },
  checks: [
    { name: 'pipeline #7', state: 'success', detail: '8 jobs, 41 tests' },
    { name: 'healthy in staging', state: 'waiting', detail: 'staging runs an older version' },
  ],
  mergeable: true,
  ...more,
})
const merge = (number: number, more: Partial<Change>): Change => {
  const {
    environment: _environment,
    component: _component,
    plan: _plan,
    gate: _gate,
    ...rest
  } = change(number, {
    kind: 'merge',
    author: 'user:lee',
    sourceBranch: 'locale',
    targetBranch: 'main',
    repository: 'invoices',
    ...more,
  })
  return rest
}

export const changes: Change[] = [
  change(4, { description: 'Refunds were booked as negative payments; with this they are refused.' }),
  change(9, {
    title: 'Promote payouts to staging',
    repository: 'payouts',
    component: 'payouts',
    environment: 'staging',
    author: 'user:lee',
    toRevision: sha('77ab30'),
    createdAt: ago(2 * hour),
    gate: {
      allowed: false,
      reasons: [
        {
          subject: 'payouts.payout-sent',
          version: 3,
          path: '/properties/currency',
          message:
            "The property 'currency' is required now, and messages written before do not have it. Give it a default, or leave it optional.",
          consumers: ['payments/ledger in staging', 'shop/storefront in staging'],
        },
      ],
    },
  }),
  merge(2, { title: 'Send invoices in the language of the customer' }),
  change(3, {
    title: 'Promote ledger to staging',
    environment: 'staging',
    state: 'merged',
    createdAt: ago(2 * day),
    closedAt: ago(2 * day),
    approvals: [{ subject: 'user:lead', at: ago(2 * day) }],
    result: 'Deployed as dep_03',
  }),
]
