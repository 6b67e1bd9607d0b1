import { planPipeline, type Plan, type PlanFacts } from '../plan.ts'
import { readPipelineFile } from '../read-file.ts'

/** Facts of a push to `main` of payments/ledger. */
const pushFacts: PlanFacts = {
  project: 'payments', repository: 'ledger', ref: 'refs/heads/main', revision: 'b'.repeat(40), before: 'a'.repeat(40), title: 'Reject negative amounts',
  author: 'Ana', defaultBranch: 'main', protected: true, source: 'push', actor: 'user:ana', createdAt: '2026-01-01T00:00:00.000Z',
  publicUrl: 'http://localhost:8080', changedPaths: undefined, changedSince: {}, files: [], variables: {},
} // prettier-ignore

/** The plan of a text that must be readable. */
export function planOf(text: string, facts: Partial<PlanFacts> = {}): Plan {
  const { file, problems } = readPipelineFile(text)
  if (file === undefined) throw new Error(JSON.stringify(problems))
  return planPipeline(file, { ...pushFacts, ...facts })
}

export const problemsOf = (text: string): string[] =>
  readPipelineFile(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
