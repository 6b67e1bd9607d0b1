import type { Stop } from './walk-portal.ts'

const project = '/projects/payments/schemas'
const subject = `${project}/ledger.entry-recorded`

/** The pages of schemas: of a project, of one subject, and of a refused change. */
export const schemaStops: readonly Stop[] = [
  { name: 'schema search', path: `${project}?q=amount`, sees: /1 subject/i },
  { name: 'schema reviews', path: `${project}/-/reviews`, sees: /amount was always there/i },
  { name: 'schema environments', path: `${project}/-/environments`, sees: /production has v1/i },
  { name: 'schema lineage', path: `${project}/-/lineage`, sees: /scoring/i },
  { name: 'schema rules', path: `${project}/-/rules`, sees: /personal data is tagged/i },
  { name: 'schema contract', path: subject, sees: /smallest unit of the currency/i },
  { name: 'schema changes', path: `${subject}/changes`, sees: /from v1 to v2/i },
  { name: 'schema promotion', path: `${subject}/environments`, sees: /until the books are closed/i },
  { name: 'schema lineage of one', path: `${subject}/lineage`, sees: /reports/i },
  { name: 'schema governance', path: `${subject}/governance`, sees: /who answers for it/i },
  { name: 'schema review', path: `${subject}/reviews/rvw_01`, sees: /may this break/i },
]
